import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { join as joinGuest } from 'node:path/posix'
import { LRUCache } from 'lru-cache'
import type { AddressesOf } from '#contracts/addresses.ts'
import type { FileCache, FileOrigin } from '#contracts/file-cache.ts'
import type { PrepareContext, PreparedInput, Storage } from '#contracts/storage.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock, Random } from '#lib/clock.ts'
import { isMistrust, mistrustHint } from '#lib/connection-trouble.ts'
import { Fault, isDiskFull } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { SharedWork } from '#lib/shared-work.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { InputSource } from '#models/task.ts'
import { bringFile, isEncoded } from './bring-file.ts'
import type { GuardedWeb } from './connector.ts'
import { beginDownload, type Download, lengthOf } from './download.ts'
import { type FetchParts, fetchWithRetries, GaveUp, passing } from './fetch.ts'
import { fileNameOf } from './file-name.ts'
import { FirstAsked } from './first-asked.ts'
import type { ProxyFor } from './proxies.ts'
import type { UrlSettings } from './settings.ts'
import { decodeUrlSource, shownUrl, signedType, type UrlSource, urlType } from './source.ts'

export type UrlStorageDeps = {
  clock: Clock
  random: Random
  /** What this node may be made to fetch from. */
  addressesOf: AddressesOf
  proxyFor: ProxyFor
  /** Absent = nothing is kept for later. */
  cache?: FileCache
}

/** A bid is followed by its download within this, or the server is asked again. */
const headMs = 60_000
/** How often an input waits for what another fetches, before it is fetched whatever the others do. */
const mostWaits = 2

/** Files from the web [R177, R178]. */
export class UrlStorage implements Storage, Startable {
  readonly types = [urlType, signedType]
  readonly #settings: UrlSettings
  readonly #deps: UrlStorageDeps
  #web: Promise<GuardedWeb> | undefined
  /** What servers have answered to the question for a size. */
  readonly #heads = new LRUCache<string, Answered>({ max: 1000, ttl: headMs })
  readonly #sizes = new SharedWork<number | undefined>()
  readonly #downloads: FirstAsked<Download>

  constructor(settings: UrlSettings, deps: UrlStorageDeps) {
    this.#settings = settings
    this.#deps = deps
    this.#downloads = new FirstAsked(deps.clock)
  }

  async start(): Promise<void> {}

  /** Connections are made when they are needed and let go here. */
  async stop(): Promise<void> {
    const web = this.#web
    this.#web = undefined
    await (await web)?.destroy()
  }

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async isLocal(): Promise<boolean> {
    return false
  }

  /** A server that does not say is no reason to refuse: the download itself is bounded (X7). */
  async sizeBytes(source: SpecConfig, _share: unknown, signal: AbortSignal): Promise<number | undefined> {
    const wanted = decodeUrlSource(source)
    return this.#sizes.get(questionOf(wanted), signal, (either) => this.#askSize(wanted, either))
  }

  async #askSize(source: UrlSource, signal: AbortSignal): Promise<number | undefined> {
    const { url } = source
    try {
      const head = await fetchWithRetries(await this.#parts(), { method: 'HEAD', ...source, signal })
      await head.body.dump({ limit: 0 }).catch(() => {})
      this.#heads.set(questionOf(source), head)
      return sizeOf(head)
    } catch (error) {
      // Some servers sign or know only GET.
      if (error instanceof GaveUp && [403, 405, 501].includes(error.status)) return this.#sizeByGet(source, signal)
      throw signal.aborted ? signal.reason : asFault(error, (gaveUp) => giveUpText('HEAD', shownUrl(url), gaveUp))
    }
  }

  async #sizeByGet(source: UrlSource, signal: AbortSignal): Promise<number | undefined> {
    const { url } = source
    try {
      const download = await beginDownload(await this.#parts(), { ...source, signal })
      await download.cancel()
      return sizeOf(download)
    } catch (error) {
      throw signal.aborted ? signal.reason : asFault(error, (gaveUp) => giveUpText('GET', shownUrl(url), gaveUp))
    }
  }

  async prepare(input: InputSource, context: PrepareContext, signal: AbortSignal): Promise<PreparedInput> {
    const source = decodeUrlSource(input.Source)
    const { url } = source
    const failed = (gaveUp: GaveUp) =>
      gaveUp.status === 0
        ? `failed to download from url ${shownUrl(url)}: ${gaveUp.message}`
        : `non-200 response from URL (${shownUrl(url)}): ${gaveUp.message}`
    const { kept, begun } = await this.#keptOrBegun(input, source, context, signal).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : asFault(error, failed)
    })
    if (kept) return kept
    const begin = (gaveUp: GaveUp) =>
      gaveUp.status === 0 ? `failed to begin download from url ${shownUrl(url)}: ${gaveUp.message}` : failed(gaveUp)
    const download = await begun.catch((error: unknown) => {
      throw signal.aborted ? signal.reason : asFault(error, begin)
    })
    let hostPath: string | undefined
    try {
      const prepared = this.#placeOf(input, download, url, context)
      hostPath = prepared.hostPath
      const origin = await this.#place(download, hostPath, context.limitBytes, source, signal)
      return { ...prepared, origins: new Set([origin]) }
    } catch (error) {
      await download.cancel()
      if (hostPath) await rm(hostPath, { force: true })
      if (signal.aborted) throw signal.reason
      throw asFault(error, failed)
    }
  }

  /** From what is here, or comes for another: nothing is sent for it then. Between the look for another and the own question is no pause. */
  async #keptOrBegun(
    input: InputSource,
    source: UrlSource,
    context: PrepareContext,
    signal: AbortSignal,
  ): Promise<{ kept: PreparedInput; begun?: never } | { kept?: never; begun: Promise<Download> }> {
    const question = questionOf(source)
    // What the server said moments ago, when its size was asked for, is enough to know that it is here.
    const head = this.#heads.get(question)
    const kept = head && (await this.#keptAs(head, input, source, context, signal))
    if (kept) return { kept }
    const waits = head && !keptKey(source, head) ? 0 : mostWaits
    for (let left = waits; left > 0 && this.#downloads.isAsked(question); left--) {
      const answer = await this.#downloads.answer(question, signal)
      const isSame = !head || !answer || source.sha256 !== undefined || head.headers.etag === answer.headers.etag
      const come = answer && isSame && (await this.#keptAs(answer, input, source, context, signal))
      if (come) return { kept: come }
    }
    return { begun: this.#begin(source, signal) }
  }

  /** What a server answered with so, if it is here or on its way. */
  async #keptAs(
    answer: Answered,
    input: InputSource,
    source: UrlSource,
    context: PrepareContext,
    signal: AbortSignal,
  ): Promise<PreparedInput | undefined> {
    const key = keptKey(source, answer)
    if (!key || (sizeOf(answer) ?? 0) > context.limitBytes) return undefined
    const prepared = this.#placeOf(input, answer, source.url, context)
    const isKept = await this.#deps.cache?.give(key, prepared.hostPath, signal)
    return isKept ? { ...prepared, origins: new Set(['kept']) } : undefined
  }

  #begin(source: UrlSource, signal: AbortSignal): Promise<Download> {
    const begin = async () => beginDownload(await this.#parts(), { ...source, signal })
    return this.#deps.cache ? this.#downloads.ask(questionOf(source), begin, signal) : begin()
  }

  #placeOf(input: InputSource, answer: Answered, url: string, { directory }: PrepareContext): PreparedInput {
    const suggestion = answer.isRedirected ? answer.headers['content-disposition'] : undefined
    const name = fileNameOf(answer.isRedirected ? answer.url : url, text(suggestion), this.#deps.random.uuid)
    const guestPath = joinGuest(input.Target, name)
    return { input, hostPath: join(directory, name), kind: 'file', guestPath, isReadOnly: true }
  }

  /** From what is kept when the server says that it is still the same; then nothing more is read. */
  async #place(
    download: Download,
    path: string,
    limitBytes: number,
    source: UrlSource,
    signal: AbortSignal,
  ): Promise<FileOrigin> {
    const { maxBytes } = this.#settings
    const mostBytes = maxBytes > 0 ? Math.min(maxBytes, limitBytes) : limitBytes
    const write = () => bringFile(download, path, source, mostBytes, signal)
    const key = keptKey(source, download)
    if (!this.#deps.cache || !key) {
      await write()
      return 'brought'
    }
    const origin = await this.#deps.cache.file(key, path, write, signal)
    if (origin === 'kept') await download.cancel()
    return origin
  }

  /** undici is a third of what a node would load at its start; most nodes never fetch. */
  async #parts(): Promise<FetchParts> {
    const { addressesOf, proxyFor, clock } = this.#deps
    const { readTimeoutMs, retries } = this.#settings
    this.#web ??= import('./connector.ts').then(
      ({ GuardedWeb }) => new GuardedWeb({ addressesOf, proxyFor, readTimeoutMs }),
    )
    return { dispatcher: await this.#web, clock, retries }
  }
}

type Answered = Pick<Download, 'url' | 'isRedirected' | 'headers'>

/** Who asks so gets the same answer. */
const questionOf = (source: UrlSource): string => JSON.stringify(source)

/** What is sent encoded is larger on the disk. */
const sizeOf = ({ headers }: Pick<Answered, 'headers'>): number | undefined =>
  isEncoded(headers) ? undefined : lengthOf(headers)

/** Names the content of an answer: its checksum does, wherever it is. Undefined when its server does not tell one state from another. */
function keptKey(source: UrlSource, { url, headers }: Answered): string | undefined {
  if (source.sha256 !== undefined) return JSON.stringify(['sha256', source.sha256])
  const etag = text(headers.etag)
  return etag?.startsWith('"') ? JSON.stringify(['url', source, url, etag, lengthOf(headers)]) : undefined
}

const text = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** The sentence clients know; the status is added, since one attempt is enough for a clear refusal. */
const giveUpText = (method: string, url: string, { attempts, message }: GaveUp): string =>
  `${method} ${url} giving up after ${attempts} attempt(s): ${message}`

const hints: Readonly<Record<number, string>> = {
  401: 'The server wants a login: https://USER:PASSWORD@HOST/…',
  403: 'The server does not let the node have it; a signed address may have run out',
  404: 'Check the URL: nothing is there, as the server says',
  410: 'Check the URL: what was there is gone for good, as the server says',
  429: 'The server wants to be asked less often; try again later',
}

const refusedHint = 'Check the URL: the server does not give out what it names'

function hintFor(status: number): string {
  if (status === 0) return 'Check the host and port of the URL, and whether the node, or its proxy, reaches them'
  return hints[status] ?? (status >= 500 ? 'The server fails; try again later, or name another' : refusedHint)
}

function asFault(error: unknown, textOf: (gaveUp: GaveUp) => string): Fault {
  if (error instanceof Fault) return error
  const gaveUp = error instanceof GaveUp ? error : new GaveUp(error, 1)
  if (isDiskFull(error)) return new Fault('StorageFull', textOf(gaveUp), { cause: error })
  const isUsers = gaveUp.status > 0 && !passing(gaveUp.status)
  if (isMistrust(gaveUp.cause)) return untrusted(textOf(gaveUp), error)
  const hint = hintFor(gaveUp.status)
  return new Fault(isUsers ? 'BadRequest' : 'ServiceUnavailable', textOf(gaveUp), {
    hint,
    isRetryable: !isUsers,
    details: { FailureClass: isUsers ? 'user' : 'transient' },
    cause: error,
  })
}

const untrusted = (text: string, cause: unknown): Fault =>
  new Fault('ServiceUnavailable', text, { hint: mistrustHint, details: { FailureClass: 'node' }, cause })
