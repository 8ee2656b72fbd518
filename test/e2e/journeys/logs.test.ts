import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allowedFixtures, localInput, moduleSource, Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { cliCommand, runCli } from '../../wire/cli-process.ts'
import { ended } from '../crash/processes.ts'

// Commands end what they print with an empty line, as recorded.
let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  await product.file('data/lines', lines)
  server = await product.serve({
    settings: { 'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data/**:rw` },
  })
})
afterAll(() => product?.stop())

const lines = Array.from({ length: 400 }, (_, n) => `line ${n}\n`).join('')
const sorted = (text: string): string => text.split('\n').toSorted().join('\n')
const data = () => ({
  task: {
    InputSources: [localInput(`${product.folder}/data`, '/data', { ReadWrite: true })],
  },
})
const has = (path: string) =>
  readFile(`${product.folder}/data/${path}`).then(
    () => true,
    () => false,
  )

describe('job logs', () => {
  it('prints what a job that has ended wrote, by full and by short id [R19, R21, R207]', async () => {
    const id = await server.submit(toolJob(['print', 'to stdout\n', 'to stderr\n', '0']))
    await ended(server.port, id)
    for (const name of [id, id.slice(0, 10)]) {
      const printed = await server.ok(['job', 'logs', name])
      expect(printed.split('\n').toSorted()).toEqual(['', '', 'to stderr', 'to stdout'])
    }
  })

  it('prints what a running job has written so far [R19]', async () => {
    const id = await server.submit(toolJob(['mark', '/data/there'], data()))
    await until('it has printed', () => has('there'))
    await until('its lines are there', async () => (await server.ok(['job', 'logs', id])) === 'one\ntwo\n\n')
    await server.ok(['job', 'stop', id])
    await ended(server.port, id)
    expect(await server.ok(['job', 'logs', id])).toBe('one\ntwo\n\n')
  })

  it('prints only the lines that match, and only what was printed since then [R19]', async () => {
    const id = await server.submit(toolJob(['slowly', '/data/lines'], data()))
    const found = await server.ok(['job', 'logs', '--follow', '--grep', 'line 3[0-9]$', id])
    expect(found.split('\n').toSorted()).toEqual(['', '', ...Array.from({ length: 10 }, (_, n) => `line ${n + 30}`)])
    await ended(server.port, id)
    expect(sorted(await server.ok(['job', 'logs', '--since', '1h', id]))).toBe(sorted(`${lines}\n`))
    const none = await server.run(['job', 'logs', '--since', '2100-01-01T00:00:00Z', id])
    expect(none).toMatchObject({
      exit: 0,
      stdout: '\n',
      stderr: 'No line of the output is what --grep or --since asks for.\n',
    })
    const wrong = await server.run(['job', 'logs', '--grep', 'a(b', id])
    expect([wrong.exit, wrong.stderr]).toEqual([1, expect.stringContaining('error parsing regexp: missing closing )')])
    expect(wrong.stderr).toContain('Hint: The syntax is that of RE2; a backslash before')
  })

  it('of all executions are told apart by the word before each line, after the end and as they come, and read by their short ids [R19, R20, R21]', async () => {
    const job = { job: { Count: 3 }, ...data() }
    const id = await server.submit(toolJob(['slowly', '/data/lines'], job))
    const followed = await server.ok(['job', 'logs', '--follow', '--all-executions', id])
    const { Executions } = await ended(server.port, id)
    const ids = Executions.Items.map(({ ID }) => ID.slice(0, 10))
    expect(ids).toHaveLength(3)
    const all = ids.flatMap((each) => Array.from({ length: 400 }, (_, n) => `${each} | line ${n}`))
    for (const printed of [followed, await server.ok(['job', 'logs', '--all-executions', id])])
      expect(printed.split('\n').filter(Boolean).toSorted()).toEqual(all.toSorted())
    const found = await server.ok(['job', 'logs', '--all-executions', '--grep', ' 399$', id])
    expect(found.split('\n').filter(Boolean).toSorted()).toEqual(ids.map((each) => `${each} | line 399`).toSorted())
    for (const each of ids)
      expect(sorted(await server.ok(['job', 'logs', '--execution-id', each, id]))).toBe(sorted(`${lines}\n`))
    const newest = await server.run(['job', 'logs', id])
    expect(sorted(newest.stdout)).toBe(sorted(`${lines}\n`))
    expect(ids).toContain(
      /^This is the output of execution (\S+), the newest of 3; .+ --all-executions /.exec(newest.stderr)?.[1],
    )
    const named = await server.run(['job', 'logs', '-e', ids[0] ?? '', id])
    expect([named.stderr, sorted(named.stdout)]).toEqual(['', sorted(`${lines}\n`)])
    const other = await server.run(['job', 'logs', '-e', 'e-none', id])
    expect([other.exit, other.stderr]).toEqual([1, expect.stringContaining('unable to find execution e-none in job')])
    expect(other.stderr).toContain(`Hint: bacalhau job executions ${id} lists them.`)
  })

  it('with --follow prints the past, then what comes, until the end [R20]', async () => {
    const id = await server.submit(toolJob(['slowly', '/data/lines'], data()))
    const followers = ['--follow', '-f'].map((flag) => server.ok(['job', 'logs', flag, id]))
    for (const printed of await Promise.all(followers)) {
      expect(sorted(printed)).toBe(sorted(`${lines}\n`))
    }
    expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
    const after = await server.ok(['job', 'logs', '--follow', id])
    expect(sorted(after)).toBe(sorted(`${lines}\n`))
  })

  it('of a run that is followed come while it runs [R20, R33]', async () => {
    const job = toolJob(['mark', '/data/here'], data())
    const stdin = JSON.stringify(job)
    let printed = ''
    const followed = await runCli({
      args: ['job', 'run', '--follow'],
      cwd: product.folder,
      env: { PATH: process.env['PATH'] ?? '', HOME: product.folder, BACALHAU_API_PORT: String(server.port) },
      stdin,
      timeoutMs: 60_000,
      signal: { name: 'SIGINT', when: (stdout) => (printed = stdout).includes('two\n') },
    })
    expect(cliCommand).toHaveLength(1)
    expect(followed.exit).toBe(0)
    const id = /j-[0-9a-f-]{36}/.exec(printed)?.[0] ?? ''
    expect(
      (await server.json<{ Job: { State: { StateType: string } } }>(['job', 'describe', id])).Job.State.StateType,
    ).toBe('Running')
    await server.ok(['job', 'stop', id])
  })

  it('of a failed program are kept, with what it said and how it ended [X1, X2, W47]', async () => {
    const id = await server.submit(toolJob(['print', 'before\n', 'the cause\n', '3']))
    const { Executions } = await ended(server.port, id)
    expect((await server.ok(['job', 'logs', id])).split('\n').toSorted()).toEqual(['', '', 'before', 'the cause'])
    expect(Executions.Items[0]?.RunOutput).toMatchObject({ Stdout: 'before\n', stderr: 'the cause\n', ExitCode: 3 })
    const described = await server.ok(['job', 'describe', id])
    expect(described).toContain('the cause')
  })

  it('of a followed run that fails are followed by why, and with --exit-code by 1 [R33, R41]', async () => {
    const stdin = JSON.stringify(toolJob(['print', 'before\n'], { params: { Entrypoint: 'gone' } }))
    const followed = await server.run(['job', 'run', '--follow'], { stdin })
    expect(followed.stderr).toContain("Error: execution error: unable to find the entrypoint 'gone'")
    expect(followed.exit).toBe(0)
    expect((await server.run(['job', 'run', '--follow', '--force', '--exit-code'], { stdin })).exit).toBe(1)
  })

  it('of a followed run that no node takes are its reason [R33, R41, W45]', async () => {
    const job = { Constraints: [{ Key: 'zone', Operator: '=', Values: ['mars'] }] }
    const followed = await server.run(['job', 'run', '--follow'], { stdin: JSON.stringify(toolJob([], { job })) })
    expect(followed.stderr).toContain('Error: not enough nodes to run job. requested: 1, available: 1, suitable: 0.')
    expect(followed.stderr).not.toContain('log stream')
    expect(followed.exit).toBe(0)
  })

  it('of a job that failed without a word say why on stderr; that nothing ran is an error [W47]', async () => {
    const broken = toolJob([], { params: { EntryModule: moduleSource('trap.wasm') } })
    for (const [job, why] of [
      [toolJob(['print', '', '', '3']), 'it is Completed, with exit code 3.\n'],
      [broken, 'it is Failed, with exit code 1.\n\nError: '],
    ] as const) {
      const silent = await server.submit(job)
      await ended(server.port, silent)
      for (const args of [
        ['job', 'logs', silent],
        ['job', 'logs', '--follow', silent.slice(0, 10)],
      ]) {
        const said = await server.run(args)
        expect([said.exit, said.stdout]).toEqual([0, '\n'])
        expect(said.stderr).toContain(`Job ${silent.slice(0, 10)} printed nothing; ${why}`)
      }
    }
    const never = await server.submit(toolJob([], { params: { Entrypoint: 'gone' } }))
    await ended(server.port, never)
    const said = await server.run(['job', 'logs', never])
    expect([said.exit, said.stdout.trim()]).toEqual([1, ''])
    expect(said.stderr).toContain("Error: execution error: unable to find the entrypoint 'gone'")
    const fine = await server.submit(toolJob(['print', '', '', '0']))
    await ended(server.port, fine)
    expect(await server.run(['job', 'logs', fine])).toEqual({ exit: 0, stdout: '\n', stderr: '' })
  })

  it('of a job that nobody knows, or of no execution, say so [R78]', async () => {
    expect((await server.run(['job', 'logs', 'j-00000000'])).exit).toBe(1)
  })
})
