import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'

let product: Product
let server: Server

/** One node of 2 CPUs in zone eu. */
beforeAll(async () => {
  product = await Product.start()
  server = await product.serve({
    settings: { 'Compute.AllocatedCapacity.CPU': '2', 'Compute.AllocatedCapacity.Memory': '2Gb', Name: 'here' },
    args: ['--labels', 'zone=eu'],
  })
})
afterAll(() => product?.stop())

type Told = { Summary: string; Exclusions: { Rule: string; Reason: string; Cure: string; Count: number }[] }
const words = ['print', '', '', '0']
const patient = { Timeouts: { QueueTimeout: 600 } }
const job = (change: { job?: object; task?: object; engine?: object } = {}) => {
  const made = toolJob(words, { ...change, task: { ...patient, ...change.task } })
  const [task] = made.Tasks
  return change.engine ? { ...made, Tasks: [{ ...task, Engine: change.engine }] } : made
}

/** What cannot be placed on that node, and the line that says so. */
const unplaceable: [job: object, rule: string, line: string][] = [
  [
    job({ engine: { Type: 'noop' } }),
    'engine',
    'engine noop is missing. Cure: enable engine noop there, or start a node that has it',
  ],
  [
    job({ task: { Publisher: { Type: 'ftp' } } }),
    'publisher',
    'publisher ftp is missing. Cure: enable publisher ftp there, or choose another',
  ],
  [
    job({ task: { InputSources: [{ Source: { Type: 'tape' }, Target: '/in' }] } }),
    'storage',
    'input source tape is missing. Cure: enable input source tape there, or choose another',
  ],
  [
    job({ job: { Constraints: [{ Key: 'zone', Operator: '=', Values: ['mars'] }] } }),
    'labels',
    'labels do not meet zone = mars. Cure: start a node with label zone=mars, or change the constraint',
  ],
  [
    job({ task: { Resources: { CPU: '8' } } }),
    'size',
    'too small for CPU 8. Cure: ask for CPU 2 or less, or start a larger node',
  ],
  [
    job({ task: { Resources: { CPU: '2' } } }),
    'room',
    'full for now. Cure: wait: 1 node is full; or start another node',
  ],
]

describe('a job that cannot be placed', () => {
  it('has six different reasons on six such jobs, in one line each, before and after it is submitted [F3, R122]', async () => {
    const busy = await server.submit(toolJob(['sleep', '600000'], { task: { Resources: { CPU: '2' } } }))
    await until('the node is full', async () =>
      (await server.ok(['job', 'executions', busy, '--output', 'csv'])).includes('Running'),
    )
    for (const [each, rule, line] of unplaceable) {
      const planned = await server.run(['job', 'plan'], { stdin: JSON.stringify(each) })
      expect([planned.exit, planned.stdout], rule).toEqual([
        1,
        expect.stringContaining(`\nLeft Out\n• node here: ${line}\n`),
      ])
      const id = await server.submit(each)
      const why = await server.ok(['job', 'why', id])
      expect(why.split('\n')[0]).toBe(`Cause   = no node takes it: ${line.split('. Cure')[0]} (1 of 1 nodes)`)
      expect(why.split('\n').filter((text) => text.startsWith('• '))).toEqual([`• node here: ${line}`])
      const told = await server.json<Told>(['job', 'why', id])
      expect(told.Exclusions.map(({ Rule, Count }) => [Rule, Count])).toEqual([[rule, 1]])
      expect(await server.ok(['job', 'why', id, '--output', 'yaml'])).toContain(`Rule: ${rule}\n`)
      await server.ok(['job', 'stop', id])
    }
    await server.ok(['job', 'stop', busy])
  })

  it('of which a part runs says how much runs and how much waits for what, also when it would be changed [F3]', async () => {
    const small = { Resources: { CPU: '500m', Memory: '16Mb' } }
    const five = { ...toolJob(['sleep', '600000'], { job: { Count: 5 }, task: small }), Name: 'five' }
    const plan = async (of: object) => (await server.run(['job', 'plan'], { stdin: JSON.stringify(of) })).stdout
    const waits = '1 of 5 waits: full for now (1 of 1 nodes)'
    await until('the node is empty', async () => (await plan(five)).includes('starts 4 executions'))
    expect(await plan(five)).toContain(`Summary = starts 4 executions on 1 node; ${waits}\n`)
    const id = await server.submit(five)
    await until('four run', async () => (await server.ok(['job', 'why', id])).startsWith('Cause   = 4 of 5 run; '))
    const why = await server.ok(['job', 'why', id])
    expect(why).toContain(`= 4 of 5 run; ${waits}\n`)
    expect(why).toContain('• node here: full for now. Cure: wait: 1 node is full; or start another node\n')
    expect(await plan(five)).toContain(`Summary = nothing changes; ${waits}\n`)
    const changed = await plan({ ...five, Priority: 3 })
    expect(changed).toContain(`Summary = stops 4 executions, then starts 4 executions on 1 node; ${waits}\n`)
    expect(changed).toContain('• 4 on node here\n')
    await server.ok(['job', 'stop', id])
  })

  it('that would fit is planned with its node and its difference, and nothing is submitted [F3]', async () => {
    const named = { ...job(), Name: 'planned' }
    const plan = (of: object) => server.run(['job', 'plan'], { stdin: JSON.stringify(of) })
    await until('the node has room', async () => (await plan(named)).exit === 0)
    const first = await plan(named)
    expect([first.exit, first.stdout]).toEqual([0, expect.stringContaining('• 1 on node here\n')])
    const ids = await server.json<{ Name: string }[]>(['job', 'list', '--limit', '0'])
    expect(ids.filter(({ Name }) => Name === 'planned')).toEqual([])
    await server.submit(named)
    const same = await plan(named)
    expect([same.exit, same.stdout]).toEqual([0, expect.stringContaining('nothing changes')])
    const changed = await plan({ ...named, Priority: 7 })
    expect([changed.exit, changed.stdout]).toEqual([0, expect.stringMatching(/^-.*Priority: 0\n\+.*Priority: 7$/m)])
  })
})
