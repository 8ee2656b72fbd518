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
import { ForgetfulNodes, type Had, hadOf, type Process, processText, readProcess, type Sign } from './forgetful.ts'
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
    const { clock, nodes, awake, disconnectAfterMs } = parts
    const hadBy = (nodeId: NodeId): Had => nodes.revisionsOn(nodeId)
    this.#forgetful = new ForgetfulNodes(clock, forgetfulTimes * disconnectAfterMs, awake, hadBy)
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
    const { ledger } = this.#parts
    const text = await ledger.store.fact(processFact(nodeId))
    const live = await ledger.store.liveExecutions(nodeId)
    const known = readProcess(text, live)
    const isSame = known?.processId === processId
    const process = isSame ? known : { processId, had: hadOf(known ? live : []) }
    if (processText(process) !== text) await this.#putProcess(nodeId, process)
    if (process.had.size > 0) this.#forgetful.restarted(nodeId, processId, process.had)
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
    for (const [nodeId, signs] of this.#forgetful.due()) this.#loseForgotten(nodeId, signs).catch(() => {})
  }

  async #loseForgotten(nodeId: NodeId, signs: readonly Sign[]): Promise<void> {
    const { ledger, clock, evaluations } = this.#parts
    const live = await ledger.store.liveExecutions(nodeId)
    const lost = live.filter(({ ID, Revision }) => signs.some(({ had }) => Revision <= (had.get(ID) ?? -1)))
    if (lost.length > 0) {
      const outbox = lost.map(({ ID }) => takeBack(nodeId, ID))
      await ledger.commitDurably({ ...lossOf(lost, clock.nowNs()), outbox })
      evaluations.askFor(
        lost.map(({ JobID }) => JobID),
        'node-leave',
      )
    }
    const process = readProcess(await ledger.store.fact(processFact(nodeId)), [])
    if (process && signs.some(({ processId }) => processId === process.processId))
      await this.#putProcess(nodeId, { ...process, had: new Map() })
    this.#forgetful.settle(nodeId, signs)
  }

  async #putProcess(nodeId: NodeId, process: Process): Promise<void> {
    await this.#parts.ledger.commitDurably({ putFacts: { [processFact(nodeId)]: processText(process) } })
  }
}
