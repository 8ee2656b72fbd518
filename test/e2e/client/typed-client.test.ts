import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingParts } from '../../../tools/system-parts.ts'
import { Product, type Server } from '../../kit/product.ts'
import { Program } from '../../kit/program.ts'
import { smallJob } from '../../kit/served-node.ts'
import { webServer } from '../../kit/web-server.ts'

const root = join(import.meta.dirname, '../../..')
const bundle = join(root, 'dist/client.js')
const run = promisify(execFile)
const hasBrowser = !missingParts().some(({ name }) => name === 'browser')

let product: Product
let server: Server
beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
})
afterAll(() => product?.stop())

describe('the typed client as it is shipped', () => {
  it('is one module that imports nothing', () => {
    const code = readFileSync(bundle, 'utf8')
    expect(code).not.toMatch(/^\s*import\b|\bfrom\s*['"]|\bimport\(|\brequire\(|['"]node:/m)
    expect(code).toMatch(/^export \{.*\bClient\b.*\bFault\b.*\};?$/m)
  })

  it('runs the example against a server', async () => {
    const url = `http://127.0.0.1:${server.port}`
    const { stdout, stderr } = await run(process.execPath, [join(root, 'examples/typed-client/count.ts'), url])
    expect(stderr).toBe('')
    const lines = stdout.trim().split('\n')
    expect(lines[0]).toMatch(/^j-[0-9a-f-]{36} Completed after \d+\.\d s$/)
    expect(lines.slice(1, 4).sort()).toEqual([0, 1, 2].map((at) => `partition ${at}: one of three`))
    expect(lines.at(-1)).toBe(`listed ${lines[0]!.split(' ')[0]} Completed`)
  })

  it('tells in the example why it fails', async () => {
    const closed = await webServer(() => {})
    await closed.close()
    const failed = run(process.execPath, [join(root, 'examples/typed-client/count.ts'), closed.url('')])
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ServiceUnavailable \(503\): .*connection refused\nis a server running/),
    })
  })

  it('has types that a stranger compiles with, and that find mistakes', async () => {
    const folder = join(product.folder, 'stranger')
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    symlinkSync(root, join(folder, 'node_modules/bacalhau'))
    const compilerOptions = { target: 'esnext', module: 'nodenext', strict: true, noEmit: true, lib: ['esnext', 'dom'] }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
    const compiled = (code: string) => {
      writeFileSync(join(folder, 'main.ts'), `import { Client } from 'bacalhau/client'\n${code}`)
      return run('tsc', ['-p', folder], { cwd: folder }).then(
        () => '',
        ({ stdout }: { stdout: string }) => stdout,
      )
    }
    const right = "for await (const { ID } of new Client({ url: 'http://a' }).jobs.list()) console.log(ID.length)"
    expect(await compiled(right)).toBe('')
    expect(await compiled(right.replace('length', 'size'))).toMatch(/main\.ts\(2,\d+\): error TS2\d+: .*'size'/)
    expect(await compiled("new Client({ url: 'http://a' }).jobs.submit({ Job: { Type: 'bananas' } })")).toMatch(/TS2/)
  })

  it.skipIf(!hasBrowser)('runs in a browser: submits, waits, lists, and reads output over a WebSocket', async () => {
    const said = Promise.withResolvers<unknown>()
    const pages = await webServer(async (asked, reply) => {
      if (asked.url === '/said') {
        const chunks = await Array.fromAsync(asked as AsyncIterable<Buffer>)
        said.resolve(JSON.parse(Buffer.concat(chunks).toString()))
        reply.end()
        return
      }
      const isCode = asked.url === '/client.js'
      reply.setHeader('Content-Type', isCode ? 'text/javascript' : 'text/html')
      reply.end(isCode ? readFileSync(bundle) : page(server.port))
    })
    const browser = new Program('chromium', [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
      `--user-data-dir=${join(product.folder, 'browser')}`,
      pages.url('/'),
    ])
    try {
      expect(await said.promise).toEqual({
        state: 'Completed',
        created: 'bigint',
        output: 'from a page\n',
        listed: ['from a page'],
        fault: ['NotFound', 404, true],
      })
    } finally {
      await browser.end('SIGKILL')
      await pages.close()
    }
  })
})

/** A page that does what a user of the client would, and tells how it went. */
const page = (port: number): string => `<!doctype html><script type="module">
import { Client, Fault } from '/client.js'
const tell = (said) => fetch('/said', { method: 'POST', body: JSON.stringify(said) })
try {
  const { jobs } = new Client({ url: 'http://127.0.0.1:${port}' })
  const { JobID } = await jobs.submit(${JSON.stringify(smallJob('from a page', { Labels: { page: 'yes' } }))})
  const { State, CreateTime } = await jobs.waitFor(JobID)
  const frames = await Array.fromAsync(jobs.logs(JobID))
  const listed = await Array.fromAsync(jobs.list({ labels: ['page=yes'], limit: 1 }))
  const fault = await jobs.get('j-none').catch((error) => [error.code, error.status, error instanceof Fault])
  const output = frames.map(({ value }) => value.Line).join('')
  await tell({ state: State.StateType, created: typeof CreateTime, output, listed: listed.map(({ Name }) => Name), fault })
} catch (error) {
  await tell(String(error))
}
</script>`
