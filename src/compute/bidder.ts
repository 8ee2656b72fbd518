import type { Verdict } from '#contracts/verdict.ts'
import type { Execution } from '#models/execution.ts'
import { type Job, mainTask } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { BidContext, BidSettings } from './bids/bid-rule.ts'
import { bidRules } from './bids/index.ts'
import { resourceVerdict, usageOf } from './bids/resources.ts'
import { isForOrder } from './capacity/own-gpus.ts'
import type { PortPool } from './ports.ts'
import type { Registries } from './registry.ts'
import { shareOf } from './share.ts'
import type { HostEnvironment } from './steps/environment.ts'

type Refusal = Extract<Verdict, { isYes: false }>

/** `cure`: what would have this node say yes; '' = nothing is known. */
export type Bid = { kind: 'accepted'; usage: Resources } | { kind: 'declined'; reason: string; cure: string }

export type BidParts = { bids: BidSettings; registries: Registries; ports: PortPool; host: HostEnvironment }

/** Decides whether this node runs an execution. Throws a Fault when that cannot be found out: a failure of the attempt. */
export const bidFor = async (
  execution: Execution,
  job: Job,
  { bids: settings, registries, ports, host }: BidParts,
  signal: AbortSignal,
): Promise<Bid> => {
  const context: BidContext = {
    job,
    task: mainTask(job),
    share: shareOf(execution, job),
    mayHave: isForOrder({ execution, job }),
    settings,
    registries,
    ports,
    host,
    signal,
  }
  const answers = await Promise.allSettled([
    ...bidRules.map((rule) => rule(context)),
    ...settings.probes.map((probe) => probe(job, signal)),
  ])
  const refusals = answers.flatMap((answer) =>
    answer.status === 'fulfilled' && !answer.value.isYes ? [answer.value] : [],
  )
  // Who says no says so, although another cannot tell.
  if (refusals.length > 0) return declined(refusals)
  const unknown = answers.find((answer) => answer.status === 'rejected')
  if (unknown) throw unknown.reason
  const usage = await usageOf(context)
  const verdict = resourceVerdict(usage, context)
  return verdict.isYes ? { kind: 'accepted', usage } : declined([verdict])
}

const declined = (refusals: readonly Refusal[]): Bid => ({
  kind: 'declined',
  reason: refusals.map(({ reason }) => `rejected bid: ${reason}`).join('; '),
  cure: [...new Set(refusals.flatMap(({ cure }) => cure ?? []))].join('; '),
})
