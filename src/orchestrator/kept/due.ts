/**
 * How a kept file stands to the jobs it belongs to. `live`: one of them has not ended, or may be submitted any moment.
 * `ended`: all have. `rubbish`: nobody will ever ask for it.
 */
export type Standing = { kind: 'live' } | { kind: 'ended'; endedMs: number } | { kind: 'rubbish' }

export type Kept = { sizeBytes: number; standing: Standing /** Old enough by its own retention. */; isOld: boolean }

/** What goes whatever room there is. */
export const overdue = <Of extends Kept>(files: readonly Of[]): Of[] =>
  files.filter(({ standing, isOld }) => standing.kind === 'rubbish' || isOld)

/** What may go when there is no room, in that order: that of the job that ended longest ago first. Never what is live. */
export const dispensable = <Of extends Kept>(files: readonly Of[]): Of[] =>
  files
    .flatMap((file) => (file.standing.kind === 'ended' ? [{ file, endedMs: file.standing.endedMs }] : []))
    .sort((a, b) => a.endedMs - b.endedMs)
    .map(({ file }) => file)
