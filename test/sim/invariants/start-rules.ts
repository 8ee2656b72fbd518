import { allocatedOf } from '#models/execution.ts'
import { addResources, fitsInto, noResources } from '#models/resources.ts'
import type { Start } from '../witness.ts'
import { isVendorOf } from './execution-rules.ts'
import type { Rule } from './rule.ts'

/** What must hold of each start of a program, as its machine saw it. */
export const startRules: readonly Rule<Start>[] = [
  {
    invariant: 'I2',
    broken: ({ executionId, nodeId }, { model }) =>
      model.nodeOf(executionId) !== nodeId && `${nodeId} started ${executionId}, which is not its own`,
  },
  {
    invariant: 'I4',
    broken: ({ executionId, nodeId }, { witness, machines }) => {
      // A Go node with a new disk has forgotten what it ran, and has no link of its own that would tell.
      if (machines.get(nodeId)?.generation !== 'ours' && witness.emptied.has(nodeId)) return false
      const { length } = witness.startsOf(executionId)
      return length > 1 && `${executionId} was started ${length} times`
    },
  },
  {
    invariant: 'I4',
    broken: ({ executionId }, { model, witness }) => {
      const execution = model.executions.get(executionId)
      if (!execution || model.jobOf(execution).Delivery !== 'AtMostOnce') return false
      const started = model.slotOf(execution).filter(({ ID }) => witness.startsOf(ID).length > 0)
      return started.length > 1 && `${started.map(({ ID }) => ID).join(' and ')} started, at most one may`
    },
  },
  {
    invariant: 'I5',
    broken: ({ nodeId, need, executionId }, { witness, machines }) => {
      const given = witness.running(nodeId).flatMap((each) => each.need.GPUs ?? [])
      const isTwice = new Set(given.map(({ Vendor, Index }) => `${Vendor} ${Index}`)).size < given.length
      const isMissing = machines.get(nodeId)?.generation === 'ours' && (need.GPUs ?? []).length !== need.GPU
      return (isTwice || isMissing) && `${executionId} has not its own ${need.GPU} GPUs on ${nodeId}`
    },
  },
  {
    invariant: 'I6',
    broken: ({ executionId, need }, { model }) => {
      const execution = model.executions.get(executionId)
      const keys = execution ? model.jobOf(execution).Constraints.map(({ Key }) => Key) : []
      const wanted = keys.find((key) => key.startsWith('GPU-'))
      const other = wanted && need.GPUs?.find(({ Vendor }) => !isVendorOf(wanted, Vendor))
      return other && `${executionId} wants ${wanted} and has one of ${other.Vendor}`
    },
  },
  {
    invariant: 'I5',
    broken: ({ executionId, nodeId, need }, { model }) => {
      const execution = model.executions.get(executionId)
      const promised = (execution && allocatedOf(execution)?.GPUs) ?? []
      const other = promised.find(
        ({ Vendor, Index }) => !need.GPUs?.some((own) => own.Vendor === Vendor && own.Index === Index),
      )
      return other && `${executionId} was promised GPU ${other.Vendor} ${other.Index} of ${nodeId} and has another`
    },
  },
  {
    invariant: 'I5',
    broken: ({ executionId, need }, { model }) => {
      const execution = model.executions.get(executionId)
      const { Memory = 0 } = (execution && allocatedOf(execution)) || {}
      return execution && need.Memory !== Memory && `${executionId} has ${need.Memory} bytes of memory, not ${Memory}`
    },
  },
  {
    invariant: 'I5',
    broken: ({ nodeId }, { witness, machines }) => {
      const sum = witness
        .running(nodeId)
        .map(({ need }) => need)
        .reduce(addResources, noResources())
      const { capacity } = machines.get(nodeId) ?? { capacity: noResources() }
      return !fitsInto(sum, capacity) && `${nodeId} runs ${sum.CPU} CPU of ${capacity.CPU}`
    },
  },
]
