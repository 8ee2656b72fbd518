import type { JobProbe } from '#contracts/job-probe.ts'
import type { InputShare } from '#contracts/storage.ts'
import type { Verdict } from '#contracts/verdict.ts'
import type { Job } from '#models/job.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import type { Task } from '#models/task.ts'
import type { PortPool } from '../ports.ts'
import type { Registries } from '../registry.ts'
import type { HostEnvironment } from '../steps/environment.ts'

export type BidSettings = {
  /** Refuse every network type but None and Default. */
  isNetworkRefused: boolean
  /** Refuse jobs without inputs. */
  isStatelessRefused: boolean
  /** `Local`: all inputs must be on this machine already. */
  locality: 'Anywhere' | 'Local'
  /** Judges of the operator; all must agree. */
  probes: readonly JobProbe[]
  /** Most that one job may ask for now; its GPUs may be any of those that are named, which may be more. */
  maxPerJob: () => Resources
  defaultResources: Resources
}

export type BidContext = {
  job: Job
  task: Task
  share: InputShare
  /** Which of the node's GPUs it may get. */
  mayHave: (gpu: Gpu) => boolean
  settings: BidSettings
  registries: Registries
  ports: PortPool
  host: HostEnvironment
  signal: AbortSignal
}

/** One reason for or against running a job here. A fault that is thrown is a failure, not a refusal. */
export type BidRule = (context: BidContext) => Promise<Verdict>
