import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedFixtures, modulePath, Product, type Server, toolJob } from '../../kit/product.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let web: WebServer

beforeAll(async () => {
  product = await Product.start()
  await product.file('ro/config', 'read only\n')
  await product.file('rw/data', 'writable\n')
  await product.file('secret/data', 'not allowed\n')
  const allowed = [allowedFixtures, `${product.folder}/ro`, `${product.folder}/rw:rw`, `${product.folder}/ro/**:ro`]
  server = await product.serve({ settings: { 'Compute.AllowListedLocalPaths': allowed.join(',') } })
  web = await webServer((asked, reply) => {
    if (asked.url === '/words') reply.end('from the web\n')
    else if (asked.url !== '/nolength') reply.writeHead(404).end()
    else if (asked.method === 'HEAD') reply.writeHead(405).end()
    else reply.writeHead(200, { 'Transfer-Encoding': 'chunked' }).end('streamed\n')
  })
})
afterAll(async () => {
  await web?.close()
  await product?.stop()
})

const local = (path: string, Target: string, ReadWrite?: boolean) => ({
  Source: {
    Type: 'localDirectory',
    Params: { SourcePath: `${product.folder}/${path}`, ...(ReadWrite === undefined ? {} : { ReadWrite }) },
  },
  Target,
})
const fromUrl = (path: string, Target: string) => ({
  Source: { Type: 'urlDownload', Params: { URL: web.url(path) } },
  Target,
})
const inline = (text: string, Target: string) => ({
  Source: { Type: 'inline', Params: { URL: `data:,${encodeURIComponent(text)}` } },
  Target,
})
const run = async (words: string[], InputSources: object[]) => {
  const shown = await ended(server.port, await server.submit(toolJob(words, { task: { InputSources } })))
  return {
    ...shown.Job.State,
    ...shown.Executions.Items[0]?.RunOutput,
  }
}

describe('inputs', () => {
  it('of several kinds are there before one program starts [R134, R138, R140]', async () => {
    const sources = () => [
      fromUrl('/words', '/web'),
      local('rw', '/my_local_data', true),
      inline('in the job', '/text'),
    ]
    expect((await run(['cat', '/my_local_data/data'], sources())).Stdout).toBe('writable\n')
    expect((await run(['cat', '/web/words'], sources())).Stdout).toBe('from the web\n')
    expect((await run(['cat', '/text'], sources())).Stdout).toBe('in the job')
    expect(await run(['write', '/my_local_data/made', 'by the job'], sources())).toMatchObject({ ExitCode: 0 })
    expect(await readFile(`${product.folder}/rw/made`, 'utf8')).toBe('by the job')
  })

  it('from a URL appear at their target, also without a length [R177, X7]', async () => {
    expect((await run(['cat', '/in/words'], [fromUrl('/words', '/in')])).Stdout).toBe('from the web\n')
    expect((await run(['cat', '/in/nolength'], [fromUrl('/nolength', '/in')])).Stdout).toBe('streamed\n')
    const missing = await run(['list', '/in'], [fromUrl('/gone', '/in')])
    expect(missing).toMatchObject({ StateType: 'Failed', Message: expect.stringMatching(/404/) })
  })

  it('that are small do not limit what the program writes [R134, R144]', async () => {
    const task = {
      InputSources: [fromUrl('/words', '/in')],
      ResultPaths: [{ Name: 'out', Path: '/out' }],
      Publisher: { Type: 'local' },
    }
    const shown = await ended(
      server.port,
      await server.submit(toolJob(['fill', '/out/a', '2000000', 'append'], { task })),
    )
    expect(shown.Executions.Items).toMatchObject([{ RunOutput: { ExitCode: 0 } }])
    const limited = { ...task, Resources: { Disk: '1Mb' } }
    const stopped = await ended(
      server.port,
      await server.submit(toolJob(['fill', '/out/a', '2000000', 'append'], { task: limited })),
    )
    expect(stopped.Job.State).toMatchObject({
      StateType: 'Failed',
      Message: expect.stringMatching(/disk limit exceeded/),
    })
  })

  it('from a folder of the node are a file or a folder, and read-only unless asked [R179, R180]', async () => {
    expect((await run(['cat', '/config'], [local('ro/config', '/config')])).Stdout).toBe('read only\n')
    expect((await run(['list', '/in'], [local('rw', '/in')])).Stdout).toContain('data\n')
    expect(await run(['write', '/in/no', 'x'], [local('rw', '/in')])).not.toMatchObject({ ExitCode: 0 })
    expect(await run(['write', '/in/no', 'x'], [local('rw', '/in', false)])).not.toMatchObject({ ExitCode: 0 })
    await expect(readFile(`${product.folder}/rw/no`)).rejects.toThrow('ENOENT')
  })

  it('from paths the operator did not allow, or allowed for reading only, are refused [R181, R182, R203]', async () => {
    for (const [input, why] of [
      [local('secret', '/in'), /not in allowed paths/],
      [local('ro/../secret', '/in'), /not in allowed paths|\.\./],
      [local('ro', '/in', true), /not in allowed paths|writ/],
    ] as const) {
      const { StateType, Message } = await run(['list', '/in'], [input]).catch((error: Error) => ({
        StateType: 'Failed',
        Message: error.message,
      }))
      expect(`${StateType} ${Message}`).toMatch(why)
      expect(StateType).toBe('Failed')
    }
  })
})

describe('inputs on the command line', () => {
  const tool = modulePath('tool.wasm')

  it('are URLs, at a chosen path [R178]', async () => {
    const at = await server.ok([
      'wasm',
      'run',
      '--follow',
      '-i',
      `${web.url('/words')}:/chosen`,
      tool,
      'cat',
      '/chosen/words',
    ])
    expect(at).toContain('from the web')
    const shown = await server.ok([
      'wasm',
      'run',
      '--dry-run',
      '-i',
      'https://example.com/a.csv:/a.csv',
      '-i',
      'http://example.com/b',
      tool,
    ])
    expect(shown).toMatch(
      /URL: https:\/\/example\.com\/a\.csv[\s\S]*Target: \/a\.csv[\s\S]*URL: http:\/\/example\.com\/b[\s\S]*Target: \/inputs/,
    )
  })

  it('are folders of the node, read-only or with rw=true, at /inputs unless told [R183]', async () => {
    const config = `file://${product.folder}/ro`
    expect(
      await server.ok(['wasm', 'run', '--follow', '-i', `${config}:/config`, tool, 'cat', '/config/config']),
    ).toContain('read only')
    const refused = await server.run([
      'wasm',
      'run',
      '--exit-code',
      '--follow',
      '-i',
      `${config}:/config`,
      tool,
      'write',
      '/config/x',
      'y',
    ])
    expect(refused.stdout + refused.stderr).toMatch(/config\/x/)
    const made = ['-i', `file://${product.folder}/rw,opt=rw=true`]
    await server.ok(['wasm', 'run', ...made, tool, 'write', '/inputs/cli', 'written'])
    expect(await readFile(`${product.folder}/rw/cli`, 'utf8')).toBe('written')
  })
})
