import type { Change } from '#contracts/store.ts'
import type { Clock } from '#lib/clock.ts'
import { faultOf } from '#lib/fault.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { ExecutionId, NodeId } from '#models/ids.ts'
import type { Heartbeat } from '#models/messages/messages.ts'
import type { NodeState } from '#models/node.ts'
import type { Evaluations } from '../evaluations.ts'
import type { Ledger } from '../ledger.ts'
import type { Awake } from './awake.ts'
import { ForgetfulNodes, processText, readProcess } from './forgetful.ts'
import { lossOf, takeBack } from './lost.ts'
import type { NodeTable } from './node-table.ts'

export type LostWorkParts = {
  clock: Clock
  ledger: Ledger
  nodes: NodeTable
  awake: Awake
  /** Silence after which a node counts as disconnected. */
  disconnectAfterMs: number
  evaluations: Evaluations
}

/** So many times `disconnectAfterMs` a Go node has to tell what it has not forgotten. */
const forgetfulTimes = 3

const mostAttempts = 3

const processFact = (nodeId: NodeId): string => `node-process:${nodeId}`

/** Work that nodes do not have any more ends as lost; what they have and nobody wants any more is taken back. */
export class LostWork {
  readonly #parts: LostWorkParts
  readonly #forgetful: ForgetfulNodes

  constructor(parts: LostWorkParts) {
    this.#parts = parts
    this.#forgetful = new ForgetfulNodes(parts.clock, forgetfulTimes * parts.disconnectAfterMs, parts.awake)
  }

  hear(state: NodeState, beat: Heartbeat): void {
    this.#forgetful.hear(state, beat)
  }

  silent(nodeId: NodeId): void {
    this.#forgetful.silent(nodeId)
  }

  removed(nodeId: NodeId): void {
    this.#forgetful.removed(nodeId)
  }

  /** Of another process than was known, what it does not tell of in time is lost; also when we restart meanwhile. */
  async noteProcess(nodeId: NodeId, processId: string): Promise<void> {
    const { ledger, clock } = this.#parts
    const known = readProcess(await ledger.store.fact(processFact(nodeId)))
    const isSame = known?.processId === processId
    if (isSame && known.isSettled) return
    const process = isSame ? known : { processId, ns: clock.nowNs(), isSettled: known === undefined }
    if (!isSame) await ledger.commitDurably({ putFacts: { [processFact(nodeId)]: processText(process) } })
    if (!process.isSettled) this.#forgetful.restarted(nodeId, process)
  }

  /**
   * What was under way between the node and us is void, and all its executions are lost; `change` is committed with that.
   * The node must be disconnected: what is placed on it meanwhile would be void and not counted.
   */
  async loseAll(nodeId: NodeId, change: Change): Promise<ExecutionId[]> {
    const { ledger, clock, evaluations } = this.#parts
    for (let attempt = 1; ; attempt++) {
      const live = await ledger.store.liveExecutions(nodeId)
      try {
        await ledger.commitDurably({ ...change, resetPeers: [nodeId], ...lossOf(live, clock.nowNs()) })
      } catch (error) {
        // A report that was under way is stored now.
        if (faultOf(error).code === 'Conflict' && attempt < mostAttempts) continue
        throw error
      }
      evaluations.askFor(
        live.map(({ JobID }) => JobID),
        'node-leave',
      )
      return live.map(({ ID }) => ID)
    }
  }

  /** Tells the node to end what it still holds and nobody wants any more. */
  async takeBack(nodeId: NodeId, held: readonly ExecutionId[]): Promise<void> {
    const { ledger } = this.#parts
    const outbox: NonNullable<Change['outbox']>[number][] = []
    for (const id of held) {
      const execution = await ledger.store.execution(id)
      const isGoing = execution?.NodeID === nodeId && !isTerminalExecution(execution.ComputeState.StateType)
      // A node that was stopped before the program ended goes on with it, and has forgotten that it was to stop.
      if (!isGoing || execution.DesiredState.StateType === 'Stopped') outbox.push(takeBack(nodeId, id))
    }
    if (outbox.length > 0) await ledger.commitDurably({ outbox })
  }

  /** What Go nodes have forgotten meanwhile is lost. What fails is tried at the next call. */
  lookAfter(): void {
    const hasWork = (nodeId: NodeId): boolean => this.#parts.nodes.jobsOn(nodeId).size > 0
    for (const [nodeId, since] of this.#forgetful.due(hasWork)) this.#loseForgotten(nodeId, since).catch(() => {})
  }

  async #loseForgotten(nodeId: NodeId, unchangedSince: bigint): Promise<void> {
    const { ledger, clock, nodes, evaluations } = this.#parts
    const live = nodes.jobsOn(nodeId).size > 0 ? await ledger.store.liveExecutions(nodeId) : []
    const lost = live.filter(({ ModifyTime }) => ModifyTime < unchangedSince)
    if (lost.length > 0) {
      const outbox = lost.map(({ ID }) => takeBack(nodeId, ID))
      await ledger.commitDurably({ ...lossOf(lost, clock.nowNs()), outbox })
      evaluations.askFor(
        lost.map(({ JobID }) => JobID),
        'node-leave',
      )
    }
    const process = readProcess(await ledger.store.fact(processFact(nodeId)))
    if (process && !process.isSettled)
      await ledger.commitDurably({ putFacts: { [processFact(nodeId)]: processText({ ...process, isSettled: true }) } })
    this.#forgetful.settle(nodeId)
  }
}
