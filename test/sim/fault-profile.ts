import type { Strategy } from '#orchestrator/snapshot.ts'
import type { FaultKind } from './counts.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Faults that strike by themselves, each time there is an occasion. */
type Striking = Extract<
  FaultKind,
  | 'message delayed'
  | 'message dropped'
  | 'message duplicated'
  | 'commit failed'
  | 'row failed'
  | 'read failed'
  | 'slow commit'
  | 'crash before commit'
  | 'crash after commit'
  | 'file failed'
  | 'engine failed'
  | 'publish failed'
  | 'answer lost'
>

/** Faults that somebody does to the cluster from time to time. */
export type Blow = Extract<
  FaultKind,
  | 'cut one way'
  | 'partition'
  | 'orchestrator crash'
  | 'node crash'
  | 'graceful restart'
  | 'empty disk'
  | 'node gone for good'
  | 'clock jump'
  | 'process pause'
>

export type FaultProfile = {
  chances: Record<Striking, number>
  blows: Blow[]
  /** Mean time between two blows. */
  blowEveryMs: number
  /** Messages of one sender arrive in the order in which they were sent. */
  isOrdered: boolean
  /** Clocks run up to 1 % fast or slow and are minutes off. */
  isDrifting: boolean
  /** Programs go on when their node's process dies, as containers do. */
  programsOutlive: boolean
  /** Nodes ask somebody whether they should take a job, who takes his time and says no to some. */
  isPicky: boolean
  /** How long faults last. */
  troubleMs: number
  /** After the trouble, more work comes. */
  hasCalmWork: boolean
  /** After that, a large job among a crowd of small ones that never ends. Where some may be refused, it has no certain place. */
  hasCrowd: boolean
  /** How nodes are chosen. */
  strategy: Strategy
  /** How long ended jobs are kept; 0 = for ever. */
  jobsKeptMs: number
  /** The same of their history. */
  historyKeptMs: number
}

/** Most a strike of each kind may be likely. */
const worst: Record<Striking, number> = {
  'message delayed': 0.1,
  'message dropped': 0.05,
  'message duplicated': 0.1,
  'commit failed': 0.03,
  'row failed': 0.003,
  'read failed': 0.002,
  'slow commit': 0.1,
  'crash before commit': 0.01,
  'crash after commit': 0.01,
  'file failed': 0.05,
  'engine failed': 0.1,
  'publish failed': 0.15,
  'answer lost': 0.2,
}

const allBlows: readonly Blow[] = [
  'cut one way',
  'partition',
  'orchestrator crash',
  'node crash',
  'graceful restart',
  'empty disk',
  'node gone for good',
  'clock jump',
  'process pause',
]

/** Each seed has its own mixture: about half of the kinds are off, the others are rarer or more frequent. */
export const drawFaults = (random: SeededRandom): FaultProfile => {
  const kinds = Object.keys(worst) as Striking[]
  const chances = Object.fromEntries(
    kinds.map((kind) => [kind, random.happens(0.5) ? worst[kind] * random.float() : 0]),
  ) as Record<Striking, number>
  const isPicky = random.happens(0.3)
  return {
    chances,
    blows: allBlows.filter(() => random.happens(0.5)),
    blowEveryMs: random.int(3_000, 30_000),
    isOrdered: random.happens(0.5),
    isDrifting: random.happens(0.5),
    programsOutlive: random.happens(0.5),
    troubleMs: random.int(30_000, 200_000),
    hasCalmWork: random.happens(0.5),
    jobsKeptMs: random.happens(0.4) ? random.int(1_000, 60_000) : 0,
    historyKeptMs: random.happens(0.4) ? random.int(1_000, 60_000) : 0,
    isPicky,
    hasCrowd: !isPicky && random.happens(0.15),
    strategy: random.pick(['spread', 'spread', 'pack'] as const),
  }
}
