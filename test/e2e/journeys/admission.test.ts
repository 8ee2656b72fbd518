import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { ended } from '../crash/processes.ts'

let product: Product
let server: Server
let judge: WebServer
/** Names of the jobs that the judge was asked about. */
const judged: string[] = []

const onlyWelcome = 'read question; [[ $question == *welcome* ]] || { echo only welcome jobs >&2; exit 3; }'

/** One node asks a command, given by the flag of 1.4; the other asks a server, given by the setting of 1.4. */
beforeAll(async () => {
  product = await Product.start()
  judge = await webServer(async (asked, reply) => {
    let body = ''
    for await (const part of asked) body += part
    const { NodeID, Job } = JSON.parse(body)
    judged.push(`${NodeID} ${Job.Name}`)
    const isAway = Job.Name === 'patient' && judged.filter((each) => each.endsWith('patient')).length < 2
    reply.statusCode = isAway ? 503 : 200
    reply.setHeader('Content-Type', 'application/json; charset=utf-8')
    reply.end(JSON.stringify({ shouldBid: Job.Name !== 'unwanted', reason: 'nobody wants it' }))
  })
  server = await product.serve({
    settings: { Name: 'here' },
    args: ['--labels', 'zone=a', '--job-selection-probe-exec', onlyWelcome],
  })
  await product.serve({
    name: 'worker',
    roles: ['compute'],
    settings: { Name: 'there', 'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}` },
    args: ['--labels', 'zone=b'],
    env: { BACALHAU_NODE_COMPUTE_JOBSELECTION_PROBEHTTP: judge.url('/') },
  })
  await until('both nodes are there', async () => (await server.ok(['node', 'list'])).includes('there'))
})
afterAll(async () => {
  await product?.stop()
  await judge?.close()
})

const submit = (name: string, change: object = {}) =>
  server.submit(toolJob(['print', '', '', '0'], { job: { Name: name, ...change } }))
const end = async (id: string) => {
  const { Job, Executions } = await ended(server.port, id)
  const done = Executions.Items.filter(({ ComputeState }) => ComputeState.StateType === 7)
  return { state: Job.State, nodes: done.map(({ NodeID }) => NodeID).toSorted() }
}

describe('a node that asks a judge', () => {
  it('takes what it is told to take, and the rest goes elsewhere [X19, W30]', async () => {
    const welcome = await submit('welcome', { Type: 'ops', Count: 0 })
    expect(await end(welcome)).toMatchObject({ state: { StateType: 'Completed' }, nodes: ['here', 'there'] })
    for (const name of ['first', 'second', 'third']) {
      expect(await end(await submit(name))).toMatchObject({ state: { StateType: 'Completed' }, nodes: ['there'] })
    }
    expect(judged).toEqual(['welcome', 'first', 'second', 'third'].map((name) => `there ${name}`))
  })

  it('says why it refuses, and so does the job that everybody refuses [X19, F3]', async () => {
    const id = await submit('unwanted')
    const { state, nodes } = await end(id)
    expect([state.StateType, nodes]).toEqual(['Failed', []])
    const why = (await server.ok(['job', 'why', id])).split('\n').filter((line) => line.startsWith('• node '))
    const refused = (node: string, reason: string) =>
      `• node ${node}: declined the job: rejected bid: this node does not accept this job: ${reason}. Cure: change the job and submit it again, or change what the node takes and start it anew`
    expect(why).toEqual([refused('there', 'nobody wants it'), refused('here', 'only welcome jobs')])
  })
})

describe('a judge that cannot be asked', () => {
  it('has not refused: the job asks its node again after a while, and its history says so [X19]', async () => {
    const Constraints = [{ Key: 'zone', Operator: '=', Values: ['b'] }]
    const id = await submit('patient', { Constraints, Reschedule: { Attempts: 3, Delay: 1 } })
    expect(await end(id)).toMatchObject({ state: { StateType: 'Completed' }, nodes: ['there'] })
    const history = (await server.ok(['job', 'history', id, '--output', 'json'])).replaceAll('\\"', "'")
    expect(history).toContain('this node cannot tell whether it accepts the job: url ')
    expect(history).toMatch(/Attempt 1 of 3 failed \(transient\), the next follows in [0-9.]+m?s/)
  })

  it('keeps a node from starting, with the setting that is wrong [X12]', async () => {
    const { exit, stderr } = await server.run(['serve', '--compute', '-c', 'JobAdmissionControl.ProbeHTTP=ftp://judge'])
    expect([exit, stderr]).toEqual([
      1,
      expect.stringContaining('JobAdmissionControl.ProbeHTTP is not an http or https'),
    ])
  })
})
