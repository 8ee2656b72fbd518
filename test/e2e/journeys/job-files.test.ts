import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Product, type Server, toolJob } from '../../kit/product.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
})
afterAll(() => product?.stop())

const jobs = async (): Promise<number> => (await server.json<unknown[]>(['job', 'list', '--limit', '1000'])).length
const spec = async (id: string) => (await server.json<{ Job: Spec }>(['job', 'describe', id])).Job
type Spec = Record<string, unknown> & { ID: string; Meta: Record<string, string>; Tasks: Record<string, unknown>[] }

describe('a job file', () => {
  it('is YAML or JSON, from a file or from standard input [R31, R80]', async () => {
    const json = JSON.stringify(toolJob(['print', 'from json', '', '0']))
    const yaml = `# YAML, with its comments\n${(await server.ok(['job', 'run', '--dry-run'], { stdin: json })).trimStart()}`
    for (const [text, from] of [
      [json, await product.file('job.json', json)],
      [yaml, await product.file('job.yaml', yaml)],
    ] as const) {
      expect(await server.ok(['job', 'run', '--follow', from])).toContain('from json')
      expect(await server.ok(['job', 'run', '--follow'], { stdin: text })).toContain('from json')
    }
  })

  it('may spell its keys in any case [R208]', async () => {
    const lower = JSON.stringify(toolJob(['print', 'lower case', '', '0'])).replaceAll(
      /"(Type|Count|Tasks|Name|Engine|Params|EntryModule|Source|SourcePath|Target|Entrypoint|Parameters)":/g,
      (key) => key.toLowerCase(),
    )
    expect(lower).toContain('"entrymodule":')
    expect(await server.ok(['job', 'run', '--follow'], { stdin: lower })).toContain('lower case')
  })

  it('is only shown by --dry-run [R32]', async () => {
    const before = await jobs()
    const shown = parse(
      await server.ok(['job', 'run', '--dry-run'], { stdin: JSON.stringify(toolJob(['environment'])) }),
    )
    expect(shown).toMatchObject({
      Type: 'batch',
      Namespace: 'default',
      Count: 1,
      Tasks: [{ Name: 'main', Engine: { Type: 'wasm' } }],
    })
    expect(await jobs()).toBe(before)
  })

  it('of a submitted job can be had from its description, and run again without the fields that are not ours to set [R40, R114]', async () => {
    const first = await server.submit(
      toolJob(['print', 'again', '', '0'], { job: { Labels: { team: 'a' }, Name: '' } }),
    )
    for (const format of ['yaml', 'json']) {
      const description = await server.ok(['job', 'describe', first, '--output', format])
      const second = (await server.ok(['job', 'run', '--id-only'], { stdin: description })).trim()
      expect(second).not.toBe(first)
      expect(await server.ok(['job', 'logs', second])).toBe('again\n')
      const [was, is] = [await spec(first), await spec(second)]
      expect(is).toMatchObject({ Labels: was['Labels'], Tasks: was.Tasks, Count: was['Count'] })
    }
  })
})

describe('fields of a job', () => {
  it('that say nothing get their defaults [R105, R106, R108, R110, R111, R112, R114, R136]', async () => {
    const id = await server.submit(toolJob(['environment']))
    expect(id).toMatch(/^j-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(await spec(id)).toMatchObject({
      ID: id,
      Name: id,
      Namespace: 'default',
      Priority: 0,
      Constraints: [],
      Labels: {},
      Version: 1,
      Revision: expect.any(Number),
      CreateTime: expect.any(Number),
      ModifyTime: expect.any(Number),
      Tasks: [{ Network: { Type: 'None' }, Resources: {}, Timeouts: {}, Publisher: { Type: '' } }],
    })
  })

  it('are kept as they were given [R105, R106, R108, R109, R110, R111, R123, R133]', async () => {
    const job = {
      Name: 'kept',
      Namespace: 'mine',
      Priority: 7,
      Count: 2,
      Meta: { 'any/thing at all': 'a: {b: [c]}' },
      Labels: { team: 'a', 'example.com/tier': '' },
    }
    const kept = await spec(await server.submit(toolJob(['environment'], { job, task: { Meta: { owner: 'x' } } })))
    expect(kept).toMatchObject({ ...job, Tasks: [{ Meta: { owner: 'x' } }] })
    const { Items } = (await server.http<{ Items: Spec[] }>('GET', '/orchestrator/jobs?namespace=mine')).body
    expect(Items.map((each) => each.ID)).toEqual([kept.ID])
  })

  it('get the name of the orchestrator and its key, and the client when it is known [R124, R125, R126]', async () => {
    const { Meta } = await spec(await server.submit(toolJob(['environment'])))
    const self = (await server.http<{ NodeID?: string }>('GET', '/agent/node')).body
    expect(Meta['bacalhau.org/requester.id']).toBe(self.NodeID)
    expect(Meta['bacalhau.org/requester.publicKey']).toMatch(/^[A-Za-z0-9+/=]{40,}$/)
    expect(Meta).not.toHaveProperty(['bacalhau.org/client.id'])

    const client = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { body: asked } = await server.http<{ Methods: Record<string, { params: { InputPhrase: string } }> }>(
      'GET',
      '/auth',
    )
    const [[method, { params }] = ['', { params: { InputPhrase: '' } }]] = Object.entries(asked.Methods)
    const proof = {
      PhraseSignature: sign('sha256', Buffer.from(params.InputPhrase, 'base64'), client.privateKey).toString('base64'),
      PublicKey: client.publicKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
    }
    const login = await server.http<{ Authentication: { token: string } }>('POST', `/auth/${method}`, {
      Name: method,
      MethodData: Buffer.from(JSON.stringify(proof)).toString('base64'),
    })
    const headers = { Authorization: `Bearer ${login.body.Authentication.token}` }
    const { body } = await server.http<{ JobID: string }>(
      'PUT',
      '/orchestrator/jobs',
      { Job: toolJob(['environment']) },
      headers,
    )
    const modulus = Buffer.from(client.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')
    expect((await spec(body.JobID)).Meta).toMatchObject({
      'bacalhau.org/client.id': createHash('sha256').update(modulus).digest('hex'),
      'bacalhau.org/requester.publicKey': Meta['bacalhau.org/requester.publicKey'],
    })
  })

  it('that are ours to set are refused or replaced, and grow as the job does [R114]', async () => {
    const given = {
      ID: 'j-mine',
      CreateTime: 5,
      ModifyTime: 5,
      Revision: 99,
      Version: 99,
      State: { StateType: 'Failed' },
    }
    const { body } = await server.http<{ JobID: string }>('PUT', '/orchestrator/jobs', {
      Job: toolJob(['environment'], { job: given }),
    })
    const created = await spec(body.JobID)
    expect(created).toMatchObject({ Version: 1, CreateTime: expect.any(Number) })
    expect(created['ID']).not.toBe('j-mine')
    expect(created['CreateTime']).toBeGreaterThan(1_600_000_000_000_000_000)
    const named = (words: string[]) => server.submit(toolJob(words, { job: { Name: 'grows' } }))
    const id = await named(['print', 'one', '', '0'])
    const one = await spec(id)
    expect(await named(['print', 'two', '', '0'])).toBe(id)
    const two = await spec(id)
    expect([one['Version'], two['Version']]).toEqual([1, 2])
    expect(two['Revision']).toBeGreaterThan(one['Revision'] as number)
  })

  it('are judged before anything is kept: one task, one of four types, a name of its own, an engine [R97, R107, R113, R129, R130, R137]', async () => {
    const before = await jobs()
    const refused = async (change: Parameters<typeof toolJob>[1] | object[]) => {
      const job = Array.isArray(change) ? { ...toolJob([]), Tasks: change } : toolJob([], change)
      const { exit, stdout, stderr } = await server.run(['job', 'run'], { stdin: JSON.stringify(job) })
      const { status } = await server.http('PUT', '/orchestrator/jobs', { Job: job })
      expect([exit, status]).toEqual([1, 400])
      return stdout + stderr
    }
    const [task] = toolJob([]).Tasks
    expect(await refused({ job: { Type: '' } })).toMatch(/type/i)
    expect(await refused({ job: { Type: 'weekly' } })).toMatch(/type/i)
    expect(await refused([])).toMatch(/task/i)
    expect(await refused({ task: { Name: '' } })).toMatch(/name/i)
    expect(await refused([{ ...task, Engine: { Type: '' } }])).toMatch(/engine/i)
    expect(await refused([{ ...task, Engine: undefined }])).toMatch(/engine/i)
    expect(await jobs()).toBe(before)
    for (const type of ['batch', 'ops', 'daemon', 'service']) {
      const count = type === 'batch' || type === 'service' ? { Count: 1 } : { Count: 0 }
      const id = await server.submit(toolJob(['print', '', '', '0'], { job: { Type: type, ...count } }))
      expect((await spec(id))['Type']).toBe(type)
      await server.run(['job', 'stop', id])
    }
  })

  it('of a second task are left out with a warning [R113, R36]', async () => {
    const [task] = toolJob(['print', 'the first', '', '0']).Tasks
    const job = { ...toolJob([]), Tasks: [task, { ...task, Name: 'other' }] }
    const shown = await server.ok(['job', 'run', '--show-warnings', '--follow'], { stdin: JSON.stringify(job) })
    expect(shown).toMatch(/Warnings:\n\t\* only one task is supported per job\n/)
    expect(shown).toContain('the first')
    const { body } = await server.http<{ JobID: string; Warnings: string[] }>('PUT', '/orchestrator/jobs', { Job: job })
    expect(body.Warnings).toEqual(['only one task is supported per job'])
    expect((await spec(body.JobID)).Tasks.map(({ Name }) => Name)).toEqual(['main'])
  })
})
