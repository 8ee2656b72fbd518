import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { NodeInfo } from '#models/node.ts'

export type ToldInfoParts = {
  orchestrator: OrchestratorEnd
  /** What this node says of itself, as of now. */
  info: () => Promise<NodeInfo>
}

/** What the orchestrator has last heard of this node. */
export class ToldInfo {
  readonly #parts: ToldInfoParts
  #last = ''
  #telling = Promise.resolve()
  /** A change was told and did not get through. */
  isUntold = false

  constructor(parts: ToldInfoParts) {
    this.#parts = parts
  }

  /** It has just heard this. */
  told(info: NodeInfo): void {
    this.#last = lastingPart(info)
  }

  /** One after the other: what changes back while its change is on the way is told too. */
  tellChange(): Promise<void> {
    const told = this.#telling.then(() => this.#tell())
    // What fails once must not keep back all that comes after it.
    this.#telling = told.catch(() => {
      this.isUntold = true
    })
    return this.#telling
  }

  async #tell(): Promise<void> {
    const info = await this.#parts.info()
    if (lastingPart(info) === this.#last) return
    const reply = await this.#parts.orchestrator.updateInfo(info).catch(() => undefined)
    if (reply?.IsKnown) this.told(info)
    this.isUntold = !reply
  }
}

/** What does not change with each execution. */
const lastingPart = (info: NodeInfo): string => {
  const { ComputeNodeInfo: compute, ...rest } = info
  return JSON.stringify([
    rest,
    compute?.ExecutionEngines,
    compute?.UnavailableEngines,
    compute?.UnavailablePublishers,
    compute?.UnavailableStorages,
    compute?.Publishers,
    compute?.StorageSources,
    compute?.MaxCapacity,
    compute?.MaxJobRequirements,
  ])
}
