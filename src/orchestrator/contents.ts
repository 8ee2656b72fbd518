import type { Store } from '#contracts/store.ts'
import type { Execution } from '#models/execution.ts'
import type { Job } from '#models/job.ts'

/** More are read again from what is stored. */
const rememberedVersions = 1_000

/** What the program of a job's version is, as the first of its executions found it: the others run the same (X10). */
export class Contents {
  readonly #store: Store
  readonly #known = new Map<string, string>()

  constructor(store: Store) {
    this.#store = store
  }

  /** What counts for the version, now that one of its executions has found this. */
  async fixed({ JobID, JobVersion }: Pick<Execution, 'JobID' | 'JobVersion'>, found: string): Promise<string> {
    const key = `${JobID} ${JobVersion}`
    const stored = this.#known.has(key) ? [] : await this.#store.executionsOfJob(JobID, JobVersion)
    // Somebody else may have been faster meanwhile.
    const fixed = this.#known.get(key) ?? stored.find(({ Content }) => Content)?.Content ?? found
    this.#remember(key, fixed)
    return fixed
  }

  #remember(key: string, fixed: string): void {
    this.#known.set(key, fixed)
    const [oldest] = this.#known.keys()
    if (this.#known.size > rememberedVersions && oldest !== undefined) this.#known.delete(oldest)
  }
}

/** What it is for this version, when that is fixed. */
export const contentOfVersion = (
  { Version }: Pick<Job, 'Version'>,
  executions: readonly Execution[],
): string | undefined => executions.find(({ JobVersion, Content }) => Content && JobVersion === Version)?.Content
