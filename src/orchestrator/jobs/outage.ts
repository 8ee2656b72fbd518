import type { TellReader } from '#contracts/control-plane.ts'
import type { Clock } from '#lib/clock.ts'
import type { Fault } from '#lib/fault.ts'
import type { Execution } from '#models/execution.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import { isKeptWhole } from './kept-output.ts'

/** So long a reader waits for a node that got out of reach. */
const patienceMs = 120_000

/** How long one reader has been without the node it reads from. */
export class Outage {
  readonly #clock: Clock
  readonly #tell: TellReader
  #sinceMs: number | undefined
  #isTold = false

  constructor(clock: Clock, tell: TellReader) {
    this.#clock = clock
    this.#tell = tell
  }

  /** Something came. */
  ends(): void {
    if (this.#isTold) this.#tell('The node is back; the output goes on.')
    this.#isTold = false
    this.#sinceMs = undefined
  }

  /** Whether it is worth asking the node again, which answered so. `hasBegun`: it has read out a part. */
  isWorthWaiting(execution: Execution, whyNot: Fault, isFollowing: boolean, hasBegun: boolean): boolean {
    const { RunOutput, ComputeState, FailureClass, NodeID } = execution
    const hasEnded = RunOutput !== null || isTerminalExecution(ComputeState.StateType)
    if (whyNot.code === 'NotFound') return isFollowing && !hasEnded
    if (hasEnded && (isKeptWhole(execution) || FailureClass === 'lost' || !hasBegun)) return false
    if (!isFollowing && !hasBegun) return false
    this.#sinceMs ??= this.#clock.monotonicMs()
    if (this.#clock.monotonicMs() - this.#sinceMs >= patienceMs) return false
    if (hasBegun && !this.#isTold) this.#tell(`Node ${NodeID} cannot be reached; the output goes on when it is back.`)
    this.#isTold ||= hasBegun
    return true
  }
}
