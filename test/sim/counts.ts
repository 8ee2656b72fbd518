/** Every kind of fault that the simulator knows. Over the fixed seeds none of them may stay at zero. */
export const faultKinds = [
  'message delayed',
  'message dropped',
  'message duplicated',
  'message reordered',
  'cut one way',
  'partition',
  'orchestrator crash',
  'node crash',
  'graceful restart',
  'empty disk',
  'node gone for good',
  'commit failed',
  'row failed',
  'read failed',
  'slow commit',
  'crash before commit',
  'crash after commit',
  'clock drift',
  'clock jump',
  'process pause',
  'file failed',
  'engine failed',
  'program failed',
  'program hangs',
  'publish failed',
  'answer lost',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** Situations that only faults and luck lead to; a simulator that no longer gets there shows nothing. */
export const rareSituations = [
  'commits rolled back',
  'execution lost',
  'program taken up again',
  'program stopped',
  'version updated',
  'node rejected',
  'work moved',
  'drain at its deadline',
  'job declined',
  'judge away',
  'gpu given',
  'out of memory',
  'more memory given',
  'job removed',
  'history removed',
  'job queued',
  'work in calm',
  'crowd of small jobs',
  'nodes packed',
  'room reserved',
  'go node started',
  'go node asked for what it ended',
] as const
type Counted = FaultKind | (typeof rareSituations)[number]

/** How often each kind of fault happened, and each rare situation was reached. */
export class Counts {
  readonly of = Object.fromEntries([...faultKinds, ...rareSituations].map((kind) => [kind, 0])) as Record<
    Counted,
    number
  >

  add(kind: Counted): void {
    this.of[kind] += 1
  }
}
