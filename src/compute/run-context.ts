import type { Disk } from '#contracts/disk.ts'
import type { LogKeeper } from '#contracts/log-store.ts'
import type { Clock } from '#lib/clock.ts'
import type { Execution } from '#models/execution.ts'
import type { Job } from '#models/job.ts'
import type { Resources } from '#models/resources.ts'
import type { ExecutionDirectories } from './directories.ts'
import type { PortPool } from './ports.ts'
import type { Registries } from './registry.ts'
import type { HostEnvironment } from './steps/environment.ts'

/** What one run is made of. */
export type RunContext = {
  execution: Execution
  job: Job
  resources: Resources
  startTime: bigint
  directories: ExecutionDirectories
  logs: LogKeeper
  disk: Disk
  clock: Clock
  registries: Registries
  host: HostEnvironment
  ports: PortPool
  /** Tells the user what keeps the execution from going on, and in which phase it is. */
  onProgress: (topic: string, text: string) => void
  /** How long a result is tried to be published that its store does not take. */
  publishForMs: number
  /** What its program's name stands for, once that is known. */
  content: Promise<string | undefined>
  /** The engine may still hold it from before our restart. */
  isResumed: boolean
}
