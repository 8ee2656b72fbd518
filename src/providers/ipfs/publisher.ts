import type { Publisher, PublishRequest } from '#contracts/publisher.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { Blocks } from './blocks.ts'
import { ipfsFault } from './faults.ts'

/** Adds results to IPFS, where the node of IPFS keeps them until its operator removes them [R191]. */
export class IpfsPublisher implements Publisher {
  readonly type = 'ipfs'
  readonly #blocks: Blocks

  constructor(blocks: Blocks) {
    this.#blocks = blocks
  }

  isInstalled(signal: AbortSignal): Promise<Verdict> {
    return this.#blocks.isInstalled(signal)
  }

  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish({ resultDirectory, onLeftOut }: PublishRequest, signal: AbortSignal): Promise<SpecConfig> {
    try {
      const { addFolder } = await import('./add-folder.ts')
      const cid = await addFolder(this.#blocks, resultDirectory, signal, onLeftOut)
      await this.#blocks.pin(cid, signal)
      return { Type: 'ipfs', Params: { CID: `${cid}` } }
    } catch (error) {
      throw signal.aborted ? signal.reason : waitedFor(ipfsFault(error, 'the result cannot be added to IPFS'))
    }
  }
}

/** The result is on this machine: a node of IPFS that is away, or full, or has lost a block meanwhile, is tried again. */
function waitedFor(fault: Fault): Fault {
  if (fault.details?.['FailureClass'] !== 'node') return fault
  const { code, message, hint = '' } = fault
  return new Fault(code, message, { hint, details: { FailureClass: 'transient' }, isRetryable: true, cause: fault })
}
