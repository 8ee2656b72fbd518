/** What the orchestrator wants, in the order of the wire's numbers. */
export const desiredStateNames = ['Pending', 'Running', 'Stopped'] as const
export type DesiredStateName = (typeof desiredStateNames)[number]

/** What the node was seen to do, in the order of the numbers of clients and nodes >= 1.5.2. */
export const computeStateNames = [
  'Undefined',
  'New',
  'AskForBid',
  'AskForBidAccepted',
  'AskForBidRejected',
  'BidAccepted',
  'Running',
  'Publishing',
  'BidRejected',
  'Completed',
  'Failed',
  'Cancelled',
] as const
export type ComputeStateName = (typeof computeStateNames)[number]

const terminal: readonly ComputeStateName[] = ['AskForBidRejected', 'BidRejected', 'Completed', 'Failed', 'Cancelled']
const live: readonly ComputeStateName[] = [
  'New',
  'AskForBid',
  'AskForBidAccepted',
  'BidAccepted',
  'Running',
  'Publishing',
]

/** States move forward only; any live state may end, a terminal one is final (docs/states.md). */
export const canMoveExecution = (from: ComputeStateName, to: ComputeStateName): boolean => {
  if (terminal.includes(from)) return false
  if (terminal.includes(to)) return true
  return live.indexOf(to) > live.indexOf(from)
}

export const isTerminalExecution = (state: ComputeStateName): boolean => terminal.includes(state)
/** Ended without a result worth keeping: its partition may be taken again. */
export const isDiscardedExecution = (state: ComputeStateName): boolean =>
  isTerminalExecution(state) && state !== 'Completed'

/** Number for clients and nodes >= 1.5.2. */
export const computeStateNumber = (state: ComputeStateName): number => computeStateNames.indexOf(state)

const oldNumbers: Record<ComputeStateName, number> = {
  Undefined: 0,
  New: 1,
  AskForBid: 2,
  AskForBidAccepted: 3,
  AskForBidRejected: 4,
  BidAccepted: 5,
  Running: 5,
  Publishing: 5,
  BidRejected: 6,
  Completed: 7,
  Failed: 8,
  Cancelled: 9,
}
/** Number for clients and nodes < 1.5.2, which know no Running and Publishing. */
export const oldComputeStateNumber = (state: ComputeStateName): number => oldNumbers[state]
export const desiredStateNumber = (state: DesiredStateName): number => desiredStateNames.indexOf(state)
