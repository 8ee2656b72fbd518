import { describe, expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { aJob, anExecution } from '../../../test/contracts/store-fixtures.ts'
import { jobSpec } from '../../../test/kit/job-spec.ts'
import { askForBid, cancelExecution, whyNotSent } from './order.ts'

const mebibyte = 1024 * 1024
const job = aJob(1, {
  Tasks: jobSpec({}).Tasks.map((task) => ({ ...task, Network: { Type: 'Default' } })),
  Constraints: [],
  Meta: {},
})
const execution = anExecution(1, { CreateTime: 1_795_484_727_437_215_472n, NodeID: 'n-1' as NodeId })
const text = askForBid('orch', execution, job)
const changed = (change: (order: any) => void): string => {
  const order = JSON.parse(text)
  change(order)
  return JSON.stringify(order)
}

describe('AskForBid for a node of 1.4', () => {
  it('has all that such a node needs, starts at once, and keeps every digit of times [N15]', () => {
    const order = JSON.parse(text)
    expect(order).toMatchObject({ SourcePeerID: 'orch.n-1', TargetPeerID: 'n-1', WaitForApproval: false })
    expect(order.Execution).toMatchObject({
      AllocatedResources: { Tasks: {} },
      DesiredState: { StateType: 1 },
      ComputeState: { StateType: 1 },
    })
    expect(order.Execution.Job).toMatchObject({
      Meta: { 'bacalhau.org/requester.id': 'orch', 'bacalhau.org/orchestrator.id': 'orch' },
      State: { StateType: 'Pending' },
      Tasks: [{ Network: { Type: 'None' }, Publisher: { Type: '' }, Resources: {}, Timeouts: {} }],
    })
    expect(text).toContain('"CreateTime":1795484727437215472')
    expect(whyNotSent(text, mebibyte)).toBeUndefined()
  })

  it.each(['Engine', 'Publisher', 'Resources', 'Network', 'Timeouts'])(
    'is not sent without %s, on which the node would crash',
    (name) => {
      const without = changed((order) => delete order.Execution.Job.Tasks[0][name])
      expect(whyNotSent(without, mebibyte)).toBe(`a node of version 1.4 cannot run a job without ${name}`)
      const empty = changed((order) => (order.Execution.Job.Tasks[0][name] = null))
      expect(whyNotSent(empty, mebibyte)).toContain(name)
    },
  )

  it.each(['Job', 'AllocatedResources'])('is not sent without %s', (name) => {
    expect(
      whyNotSent(
        changed((order) => delete order.Execution[name]),
        mebibyte,
      ),
    ).toContain(name)
  })

  it('is not sent with a network type of later versions, or when it does not fit into a message', () => {
    const host = changed((order) => (order.Execution.Job.Tasks[0].Network.Type = 'Host'))
    expect(whyNotSent(host, mebibyte)).toBe('a node of version 1.4 does not know the network type Host')
    expect(whyNotSent(host, 500)).toContain('the job is larger than one message')
  })
})

it('CancelExecution says who, to whom, what and why', () => {
  expect(JSON.parse(cancelExecution('orch', 'n-1' as NodeId, 'e-1', 'stopped'))).toEqual({
    SourcePeerID: 'orch.n-1',
    TargetPeerID: 'n-1',
    ExecutionID: 'e-1',
    Justification: 'stopped',
  })
})
