import { createRequire } from 'node:module'
import type { CID } from 'multiformats/cid'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import type { Blocks } from './blocks.ts'
import { inlineContent, isContentOf, requireCheckable } from './check-block.ts'
import { notFoundInTime } from './faults.ts'

export type HeliaSettings = {
  /** Absolute path of the module that makes the node (Compute.IPFS.Helia). */
  modulePath: string
  /** How long the node may look for a block (InputSources.ReadTimeout). */
  readTimeoutMs: number
}

/** What is used of a Helia node. The package is no part of this program: who wants it has it beside the module. */
type HeliaNode = {
  start?(): Promise<void>
  stop?(): Promise<void>
  blockstore: {
    get(cid: CID, options: { signal: AbortSignal }): AsyncIterable<Uint8Array>
    has(cid: CID, options: { signal: AbortSignal }): Promise<boolean>
    put(cid: CID, bytes: Uint8Array, options: { signal: AbortSignal }): Promise<unknown>
  }
  pins: { add(cid: CID, options: { signal: AbortSignal }): AsyncIterable<unknown> }
}

const where = 'the Helia node in this process'

/**
 * A node of IPFS in this process, for machines without a Kubo: what a module of the operator's makes, which is loaded when it is first
 * asked for. The operator decides there what it connects to and where it keeps its blocks.
 */
export class Helia implements Blocks, Startable {
  readonly #settings: HeliaSettings
  #node: Promise<HeliaNode> | undefined

  constructor(settings: HeliaSettings) {
    this.#settings = settings
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    const node = this.#node
    this.#node = undefined
    await (await node?.catch(() => undefined))?.stop?.()
  }

  isInstalled(): Promise<Verdict> {
    return this.#running().then(
      () => yes,
      (error: unknown) => no(messageOf(error)),
    )
  }

  async get(cid: CID, signal: AbortSignal): Promise<Uint8Array> {
    requireCheckable(cid)
    const inline = inlineContent(cid)
    if (inline) return inline
    const { readTimeoutMs } = this.#settings
    const late = AbortSignal.timeout(readTimeoutMs)
    const { blockstore } = await this.#running()
    try {
      const pieces = await Array.fromAsync(blockstore.get(cid, { signal: AbortSignal.any([signal, late]) }))
      const bytes = Buffer.concat(pieces)
      if (isContentOf(cid, bytes)) return bytes
    } catch (error) {
      if (signal.aborted) throw signal.reason
      throw late.aborted ? notFoundInTime(where, `${cid}`, readTimeoutMs, error) : broken(messageOf(error), error)
    }
    throw broken(`it gave other content than ${cid}`)
  }

  async has(cid: CID, signal: AbortSignal): Promise<boolean> {
    return (await this.#running()).blockstore.has(cid, { signal })
  }

  async put(cid: CID, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    await (await this.#running()).blockstore.put(cid, bytes, { signal })
  }

  async pin(cid: CID, signal: AbortSignal): Promise<void> {
    try {
      await Array.fromAsync((await this.#running()).pins.add(cid, { signal }))
    } catch (error) {
      if ((error as Error).name !== 'AlreadyPinnedError') throw error
    }
  }

  /** One node for all; a start that failed is tried again when it is next asked for. */
  #running(): Promise<HeliaNode> {
    this.#node ??= this.#begin().catch((error: unknown) => {
      this.#node = undefined
      throw broken(messageOf(error), error)
    })
    return this.#node
  }

  async #begin(): Promise<HeliaNode> {
    const { modulePath } = this.#settings
    const { default: make } = createRequire(modulePath)(modulePath) as { default?: () => Promise<HeliaNode> }
    if (typeof make !== 'function') throw new Error(`${modulePath} exports no function by default`)
    const node = await make()
    await node.start?.()
    return node
  }
}

const broken = (why: string, cause?: unknown): Fault =>
  new Fault('ServiceUnavailable', `${where} fails: ${why}`, {
    hint: 'Its module is named by Compute.IPFS.Helia',
    details: { FailureClass: 'node' },
    isRetryable: true,
    cause,
  })
