import type { CID } from 'multiformats/cid'
import type { Agent, Dispatcher } from 'undici'
import { no, off, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { webAddressOf } from '#lib/multiaddr.ts'
import { retryPauseMs } from '#lib/retry-pause.ts'
import type { Blocks } from './blocks.ts'
import { inlineContent, isContentOf, mostBlockBytes, requireCheckable } from './check-block.ts'
import { notFoundInTime } from './faults.ts'
import type { IpfsSettings } from './settings.ts'

const connectTimeoutMs = 10_000
const shownBytes = 16 * 1024

type Call = { command: string; query: Record<string, string>; file?: Uint8Array; signal: AbortSignal }
type Answer = { status: number; body: Buffer }

/**
 * The blocks of a Kubo node, over its RPC interface. The operator has named its address, so what jobs may fetch has no say here.
 * What the node gives is checked against its name; what breaks on the way is asked for again.
 */
export class Kubo implements Blocks, Startable {
  readonly #settings: IpfsSettings
  readonly #clock: Clock
  #agent: Promise<Agent> | undefined

  constructor(settings: IpfsSettings, clock: Clock) {
    this.#settings = settings
    this.#clock = clock
  }

  async start(): Promise<void> {}

  /** Connections are made when they are needed and let go here. */
  async stop(): Promise<void> {
    const agent = this.#agent
    this.#agent = undefined
    await (await agent)?.destroy()
  }

  async isInstalled(signal: AbortSignal): Promise<Verdict> {
    const { endpoint, setting } = this.#settings
    if (endpoint === '') return off(`no IPFS node is named in ${setting}`)
    try {
      this.#require(await this.#ask({ command: 'version', query: {}, signal }), 'version')
      return yes
    } catch (error) {
      return no(messageOf(error))
    }
  }

  async get(cid: CID, signal: AbortSignal): Promise<Uint8Array> {
    requireCheckable(cid)
    const inline = inlineContent(cid)
    if (inline) return inline
    const bytes = await this.#call({ command: 'block/get', query: { arg: `${cid}` }, signal })
    if (isContentOf(cid, bytes)) return bytes
    throw this.#nodeFault(`gave other content than ${cid}`)
  }

  async has(cid: CID, signal: AbortSignal): Promise<boolean> {
    const call = { command: 'block/stat', query: { arg: `${cid}`, offline: 'true' }, signal }
    const answer = await this.#ask(call)
    if (answer.status === 500 && /not found|could not find/.test(refusalText(answer))) return false
    this.#require(answer, call.command)
    return true
  }

  async put(cid: CID, file: Uint8Array, signal: AbortSignal): Promise<void> {
    const query = { 'cid-codec': cid.code === rawCodec ? 'raw' : 'dag-pb', mhtype: 'sha2-256' }
    await this.#call({ command: 'block/put', query, file, signal })
  }

  /** Without a look at other nodes: all of it has just been put. */
  async pin(cid: CID, signal: AbortSignal): Promise<void> {
    await this.#call({ command: 'pin/add', query: { arg: `${cid}`, offline: 'true', progress: 'false' }, signal })
  }

  /** Again after a break, with growing pauses. */
  async #call(call: Call): Promise<Buffer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return this.#require(await this.#ask(call), call.command)
      } catch (error) {
        const isPassing = error instanceof Fault && error.isRetryable && error.code !== 'Timeout'
        if (!isPassing || attempt >= this.#settings.retries) throw error
        await this.#clock.sleep(retryPauseMs(attempt + 1), call.signal)
      }
    }
  }

  async #ask({ command, query, file, signal }: Call): Promise<Answer> {
    const { request, FormData } = await import('undici')
    const form = file && new FormData()
    form?.append('data', new Blob([file as Uint8Array<ArrayBuffer>]), 'block')
    const url = `${this.#origin()}/api/v0/${command}?${new URLSearchParams(query)}`
    try {
      const { statusCode, body } = await request(url, {
        method: 'POST',
        dispatcher: await this.#dispatcher(),
        signal,
        body: form ?? null,
      })
      return { status: statusCode, body: await bounded(body) }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof Fault) throw error
      throw this.#brokenFault(error, query['arg'])
    }
  }

  /** The body of a good answer. */
  #require(answer: Answer, command: string): Buffer {
    if (answer.status === 200) return answer.body
    const text = refusalText(answer)
    throw this.#nodeFault(`refused ${command}: ${text} (status ${answer.status})`, answer.status >= 502)
  }

  #brokenFault(error: unknown, cid: string | undefined): Fault {
    const isLate = (error as { code?: string }).code === 'UND_ERR_HEADERS_TIMEOUT'
    if (!isLate || !cid) return this.#nodeFault(`cannot be reached: ${messageOf(error)}`, true, error)
    const { endpoint, readTimeoutMs } = this.#settings
    return notFoundInTime(`the IPFS node at ${endpoint}`, cid, readTimeoutMs, error)
  }

  #nodeFault(what: string, isRetryable = false, cause?: unknown): Fault {
    const { endpoint, setting } = this.#settings
    return new Fault('ServiceUnavailable', `the IPFS node at ${endpoint} ${what}`, {
      hint: `Its address is set by ${setting}`,
      details: { FailureClass: 'node' },
      isRetryable,
      cause,
    })
  }

  #origin(): string {
    const origin = webAddressOf(this.#settings.endpoint)
    if (origin) return origin
    throw new Fault('ValidationError', `${JSON.stringify(this.#settings.endpoint)} is no address of an IPFS node`, {
      hint: `Write it as in /ip4/127.0.0.1/tcp/5001 (${this.#settings.setting})`,
    })
  }

  /** undici is a third of what a node would load at its start; most never speak to IPFS. */
  async #dispatcher(): Promise<Dispatcher> {
    const { readTimeoutMs } = this.#settings
    this.#agent ??= import('undici').then(
      ({ Agent }) =>
        new Agent({
          connect: { timeout: connectTimeoutMs },
          headersTimeout: readTimeoutMs,
          bodyTimeout: readTimeoutMs,
        }),
    )
    return this.#agent
  }
}

const rawCodec = 0x55

/** No answer that we ask for is larger than a block. */
async function bounded(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > mostBlockBytes) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A refusal is JSON with a message; what stands in between (a proxy) answers in its own way. */
function refusalText({ body }: Answer): string {
  const text = body.subarray(0, shownBytes).toString().trim()
  try {
    return String((JSON.parse(text) as { Message?: unknown }).Message ?? text)
  } catch {
    return text.slice(0, 200)
  }
}

const tooLarge = (): Fault =>
  new Fault('BadRequest', `a block is larger than the ${mostBlockBytes} bytes that IPFS allows`, {
    details: { FailureClass: 'user' },
  })
