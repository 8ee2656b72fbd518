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
  'slow commit',
  'crash before commit',
  'crash after commit',
  'clock drift',
  'clock jump',
  'file failed',
  'engine failed',
  'program failed',
  'program hangs',
  'publish failed',
  'answer lost',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** How often each kind of fault happened. */
export class Counts {
  readonly of = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>

  add(kind: FaultKind): void {
    this.of[kind] += 1
  }
}
