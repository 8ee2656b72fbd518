import { describe, expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { readOrder, readOrderHead } from './read-order.ts'

const nodeId = 'n-1' as NodeId
const task = {
  Name: 'main',
  Engine: { Type: 'docker', Params: { Image: 'busybox' } },
  Resources: { CPU: '500m' },
  Timeouts: { ExecutionTimeout: 5 },
}
const job = {
  ID: 'j-1',
  Type: 'batch',
  Count: 1,
  Meta: { 'bacalhau.org/orchestrator.id': 'orch' },
  Tasks: [task],
  State: { StateType: 'Pending' },
  Version: 3,
  CreateTime: 1_795_484_727_437_215_472n,
}
const execution = (change: object = {}, jobChange: object = {}) => ({
  ID: 'e-1',
  JobID: 'j-1',
  PartitionIndex: 2,
  ...change,
  Job: { ...job, ...jobChange },
})
const read = (wire: object, from = '') => readOrder(wire, readOrderHead(wire, from, true), nodeId).Body

describe('an order of a Go orchestrator', () => {
  it('becomes ours, with what its reports must name', () => {
    const { Execution, Job, Origin } = read(execution())
    expect(Origin).toEqual({ JobID: 'j-1', JobType: 'batch', RequesterID: 'orch', WaitsForApproval: true })
    expect(Execution).toMatchObject({
      ID: 'e-1',
      JobID: 'j-1',
      NodeID: 'n-1',
      PartitionIndex: 2,
      JobVersion: 3,
      Epoch: 0,
    })
    expect(Job).toMatchObject({ ID: 'j-1', Namespace: 'default', Version: 3, CreateTime: job.CreateTime })
    expect(Job.Tasks[0]).toMatchObject({
      Network: { Type: 'Default' },
      Publisher: { Type: '' },
      Timeouts: { ExecutionTimeout: 5n },
    })
  })

  it('goes back to who sent it rather than to whom its job names', () => {
    expect(read(execution(), 'orch-2').Origin?.RequesterID).toBe('orch-2')
  })

  it.each([
    ['no id', execution({ ID: undefined }), 'Execution.ID must be the id of an execution'],
    ['a path as its id', execution({ ID: '../../etc' }), 'Execution.ID must be the id of an execution'],
    ['a path as its job', execution({ JobID: 'a/b' }), 'Execution.JobID must be an id'],
    ['a job that is no object', { ID: 'e-1', JobID: 'j-1', Job: 'x' }, 'Job must be an object'],
    ['a job without tasks', execution({}, { Tasks: [] }), 'missing job tasks'],
    ['a task of another form', execution({}, { Tasks: [{ ...task, Env: ['A=1'] }] }), 'cannot unmarshal array'],
    ['resources that are none', execution({}, { Tasks: [{ ...task, Resources: { CPU: 'much' } }] }), 'CPU'],
    [
      'a network of the future',
      execution({}, { Tasks: [{ ...task, Network: { Type: 'Warp' } }] }),
      "unknown type 'Warp'",
    ],
    ['a partition below the first', execution({ PartitionIndex: -1 }), 'PartitionIndex must be a whole number'],
  ])('with %s is refused with the reason', (_what, wire, reason) => {
    expect(() => read(wire)).toThrow(
      expect.objectContaining({ code: 'BadRequest', message: expect.stringContaining(reason) }),
    )
  })
})
