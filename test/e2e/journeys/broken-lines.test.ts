import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { allowedFixtures, localInput, Product, type Server, toolJob } from '../../kit/product.ts'
import type { Program } from '../../kit/program.ts'
import { type Relay, relay } from '../../kit/relay.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

/** The node that works goes on while the server restarts. */
let product: Product
let server: Server
let line: Relay

/** Some seconds of output, each line once: those of odd length go to stdout, the others to stderr. */
const lines = Array.from({ length: 12_000 }, (_, n) => `line ${n}`)
const isOdd = (text: string): boolean => `${text}\n`.length % 2 === 1

const mayRead = () => ({ 'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data/**:rw` })

beforeAll(async () => {
  product = await Product.start()
  await product.file('data/lines', `${lines.join('\n')}\n`)
  server = await product.serve({ roles: ['orchestrator'], name: 'orchestrator' })
  await product.serve({
    roles: ['compute'],
    name: 'worker',
    settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`, ...mayRead() },
  })
  await until('the node is there', async () => {
    const { body } = await server.http<{ Nodes: unknown[] }>('GET', '/orchestrator/nodes')
    return body.Nodes.length > 0
  })
  line = await relay(server.port)
}, 60_000)
beforeEach(() => line.mend())
afterAll(async () => {
  await line?.close()
  await product?.stop()
})

const printsLines = () =>
  toolJob(['slowly', '/data/lines'], {
    task: {
      InputSources: [localInput(`${product.folder}/data`, '/data', { ReadWrite: true })],
    },
  })
const broke = /The line to the server broke; asking again/
const goesOn = /The server is there again; the output goes on/

/** What was printed of one stream, in its order. */
const printedOf = (printed: string, isOfStdout: boolean): string[] =>
  printed.split('\n').filter((text) => text.startsWith('line ') && isOdd(text) === isOfStdout)

const expectWhole = (printed: string, wanted = /^/): void => {
  for (const stream of [true, false]) {
    const all = lines.filter((text) => isOdd(text) === stream && wanted.test(text))
    expect(printedOf(printed, stream).join('\n') === all.join('\n')).toBe(true)
  }
}
const count = (text: string, pattern: RegExp): number => [...text.matchAll(new RegExp(pattern, 'g'))].length

async function breakAt(follower: Program, printed: RegExp, breaks: number): Promise<void> {
  await follower.says(printed)
  line.cut()
  await until('it is noticed', () => count(follower.said, broke) === breaks)
  line.mend()
}

describe('a followed output whose line to the server breaks', () => {
  it.each([
    ['all', [], /^/],
    ['lines that match', ['--grep', '0$'], /0$/],
    ['what is new enough', ['--since', '1h'], /^/],
  ] as const)(
    'goes on where it was with %s, no line lost and none twice, and says so on stderr [R20, R41]',
    async (_what, words, wanted) => {
      const id = await server.submit(printsLines())
      const follower = product.begin(['job', 'logs', '--follow', ...words, id], line.port)
      await breakAt(follower, /line 1000\n/, 1)
      await until('it goes on', () => count(follower.said, goesOn) === 1)
      await breakAt(follower, /line 5000\n/, 2)
      const { code, stdout, stderr } = await follower.ended
      expect(code).toBe(0)
      expectWhole(stdout, wanted)
      expect([count(stderr, broke), count(stderr, goesOn)]).toEqual([2, 2])
      expect((await ended(server.port, id)).Job.State.StateType).toBe('Completed')
    },
  )

  it('goes on although the output ended meanwhile', async () => {
    const id = await server.submit(printsLines())
    const follower = product.begin(['job', 'logs', '-f', id], line.port)
    await follower.says(/line 1000\n/)
    line.cut()
    await ended(server.port, id)
    line.mend()
    const { code, stdout } = await follower.ended
    expect(code).toBe(0)
    expectWhole(stdout)
  })

  it('goes on when the server restarts, and ends with the job [R20, R33]', async () => {
    await product.file('job.json', JSON.stringify(printsLines()))
    const follower = product.begin(['job', 'run', '--follow', 'job.json'], server.port)
    await follower.says(/line 1000\n/)
    await server.stop()
    await follower.says(broke)
    await server.start()
    const { code, stdout } = await follower.ended
    expect(code).toBe(0)
    expectWhole(stdout)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'goes on with the execution that takes the place of one that its node lost by %s, and says so [R20]',
    async (signal) => {
      const both = await product.serve({ name: `both-${signal}`, settings: mayRead() })
      const id = await both.submit(printsLines())
      const follower = product.begin(['job', 'logs', '-f', id], both.port)
      await follower.says(/line 1000\n/)
      await both.stop(signal)
      await both.start()
      const { code, stdout, stderr } = await follower.ended
      expect([code, count(stderr, /The execution failed; that of the one in its place follows/)]).toEqual([0, 1])
      for (const stream of [true, false]) {
        const part = printedOf(stdout, stream)
        const all = lines.filter((text) => isOdd(text) === stream)
        const lost = part.length - all.length
        expect(lost).toBeGreaterThan(0)
        expect(part.join('\n') === [...all.slice(0, lost), ...all].join('\n')).toBe(true)
      }
      expect((await ended(both.port, id)).Job.State.StateType).toBe('Completed')
      await both.stop()
    },
  )

  it('of which only what comes is wanted goes on from there, too', async () => {
    const id = await server.submit(printsLines())
    const witness = product.begin(['job', 'logs', '-f', id], server.port)
    await witness.says(/line 500\n/)
    await witness.end('SIGINT')
    const follower = product.begin(['job', 'logs', '--follow', '--tail', id], line.port)
    await follower.says(/line \d+\n/)
    await breakAt(follower, /line \d+\n/, 1)
    const { code, stdout } = await follower.ended
    for (const stream of [true, false]) {
      const part = printedOf(stdout, stream)
      const all = lines.filter((text) => isOdd(text) === stream)
      // On a busy machine it begins when one of the streams has said all it says.
      expect(part.length).toBeLessThan(all.length)
      expect(part.join('\n') === all.slice(all.length - part.length).join('\n')).toBe(true)
    }
    expect(code).toBe(0)
  })

  it('is left at once by Ctrl-C while the server is away', async () => {
    const id = await server.submit(printsLines())
    const follower = product.begin(['job', 'logs', '-f', id], line.port)
    await follower.says(/line 100\n/)
    line.cut()
    await follower.says(broke)
    expect((await follower.end('SIGINT')).code).toBe(0)
    await server.ok(['job', 'stop', id])
  })

  it('is an error at once where there is no server [R41]', async () => {
    line.cut()
    const { code, stderr } = await product.begin(['job', 'logs', '-f', 'j-1'], line.port).ended
    expect(code).toBe(1)
    expect(stderr).not.toMatch(broke)
  })
})

it('a run that is waited for survives a restart of the server, and says that it asks again [R37, R41]', async () => {
  await product.file('job.json', JSON.stringify(printsLines()))
  const run = product.begin(['job', 'run', 'job.json'], server.port)
  await run.says(/Checking job status/)
  await server.stop()
  await run.says(/The server does not answer, but is asked again; the job goes on/)
  await server.start()
  const { code, stdout } = await run.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/done ✅/)
})
