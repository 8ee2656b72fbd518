import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
})
afterAll(() => product?.stop())

const greeting = (word: string, name = 'greeting', more: object = {}) =>
  toolJob(['print', `${word}\n`, '', '0'], { job: { Name: name, ...more } })
const versionOf = async (id: string): Promise<number> => {
  await ended(server.port, id)
  return (await server.http<{ Job: { Version: number } }>('GET', `/orchestrator/jobs/${id}`)).body.Job.Version
}
const outputOf = (...args: string[]) => server.ok(['job', 'logs', ...args])

describe('versions of a job', () => {
  let id = ''

  it('a job of the same name is a new version, an unchanged one is refused unless forced [R96]', async () => {
    id = await server.submit(greeting('one'))
    await ended(server.port, id)
    expect(await server.submit(greeting('two'))).toBe(id)
    await ended(server.port, id)
    const refused = await server.run(['job', 'run', '--id-only'], { stdin: JSON.stringify(greeting('two')) })
    expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining('no changes detected for new job spec')])
    expect(refused.stderr).toContain('Hint: Use the --force flag')
    expect(await server.submit(greeting('two'), ['--force'])).toBe(id)
    expect(await versionOf(id)).toBe(3)
  })

  it('are listed, and each can be looked at by name', async () => {
    expect(await server.ok(['job', 'versions', 'greeting', '--output', 'csv'])).toMatch(
      /^Created At,Job Version\n.*,1\n.*,2\n.*,3\n\n$/,
    )
    expect(await server.ok(['job', 'describe', 'greeting', '-v', '1'])).toMatch(/Version {7}= 1/)
    expect(await outputOf('greeting', '--version', '1')).toBe('one\n\n')
    expect(await outputOf('greeting')).toBe('two\n\n')
    const executions = ['job', 'executions', 'greeting', '--hide-header', '--output', 'csv']
    const all = await server.ok([...executions, '--all-versions'])
    expect(all.trim().split('\n')).toHaveLength(3)
    const missing = await server.run(['job', 'describe', 'greeting', '--version', '9'])
    expect([missing.exit, missing.stderr]).toEqual([
      1,
      expect.stringContaining(`job version 9 not found for job ${id}`),
    ])
  })

  it('fail for reasons of their own: what an older one failed of is not told with the next [R96]', async () => {
    const failing = (Entrypoint: string) =>
      JSON.stringify(toolJob(['print', '', '', '0'], { job: { Name: 'failing' }, params: { Entrypoint } }))
    const first = await server.run(['job', 'run'], { stdin: failing('nothing-like-it') })
    expect(first.stderr).toContain('nothing-like-it')
    const second = await server.run(['job', 'run'], { stdin: failing('nor-this') })
    expect(second.stderr).toContain('nor-this')
    expect(second.stderr).not.toContain('nothing-like-it')
  })

  it('run again as a new version', async () => {
    expect(await server.ok(['job', 'rerun', 'greeting', '--version', '1', '--id-only'])).toBe(`${id}\n\n`)
    expect(await versionOf(id)).toBe(4)
    expect(await outputOf('greeting')).toBe('one\n\n')
    expect(await server.ok(['job', 'rerun', id, '--follow'])).toMatch(/\n\none\n\n$/)
    const { exit, stderr } = await server.run(['job', 'rerun', 'nobody'])
    expect([exit, stderr]).toEqual([1, expect.stringContaining('job not found: nobody')])
  })

  it('a name means a job of its namespace', async () => {
    const other = await server.submit(greeting('elsewhere', 'greeting', { Namespace: 'team' }))
    expect(other).not.toBe(id)
    await ended(server.port, other)
    expect(await outputOf('greeting', '--namespace', 'team')).toBe('elsewhere\n\n')
    expect(await server.ok(['job', 'describe', 'greeting', '--namespace', 'team'])).toContain(other)
  })

  it('what a submission would change is told before it is submitted', async () => {
    const { body } = await server.http<{ Diff: string }>('PUT', '/orchestrator/jobs/diff', { Job: greeting('three') })
    expect(body.Diff).toMatch(/^-.*one/m)
    expect(body.Diff).toMatch(/^\+.*three/m)
    const unknown = await server.http('PUT', '/orchestrator/jobs/diff', { Job: greeting('x', 'nobody') })
    expect([unknown.status, unknown.text]).toEqual([404, expect.stringContaining('job not found: nobody')])
  })
})
