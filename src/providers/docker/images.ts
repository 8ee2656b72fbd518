import { LRUCache } from 'lru-cache'
import { no, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { SharedWork } from '#lib/shared-work.ts'
import type { DockerApi, EngineVersion } from './api.ts'
import { dockerStatusOf } from './engine-answer.ts'
import { foreignHint, imageFault, pullSkipped } from './image-faults.ts'
import { type ImageRef, parseImageRef } from './image-ref.ts'
import { registryAuth } from './registry-auth.ts'
import type { DockerSettings } from './settings.ts'

type Platform = { os: string; architecture: string }
type LocalImage = { Os?: string; Architecture?: string; RepoDigests?: string[] | null }
const engineTtlMs = 600_000
const justNowMs = 1_000

type Distribution = { Platforms?: Platform[] | null; Descriptor?: { digest?: string } }
/**
 * What an image is: where it runs (undefined = only its pull will show, because the engine does not ask registries), and its digest
 * when it has one that registries know.
 */
type Known = { platforms: Platform[] | undefined; digest: string | undefined }

/** What images are and whether they fit this machine, asked at bid time. What registries said is remembered. */
export class Images {
  readonly #api: DockerApi
  readonly #settings: DockerSettings
  readonly #remembered: LRUCache<string, Known>
  /** What is here, from the bid to the start that follows it at once. */
  readonly #justSeen: LRUCache<string, Known>
  /** Names of images that are here for another platform. */
  readonly #foreign: LRUCache<string, true>
  readonly #asked = new SharedWork<Known>()
  readonly #askedEngine = new SharedWork<Platform[]>()
  readonly #clock: Clock
  #engine: { platforms: Platform[]; askedMs: number } | undefined

  constructor(api: DockerApi, settings: DockerSettings, clock: Clock) {
    this.#api = api
    this.#settings = settings
    this.#clock = clock
    const { size, ttlMs } = settings.manifestCache
    const perf = { now: () => clock.monotonicMs() }
    this.#remembered = new LRUCache({ max: Math.max(1, size), ttl: ttlMs, perf })
    this.#justSeen = new LRUCache({ max: 100, ttl: justNowMs, perf })
    this.#foreign = new LRUCache({ max: 1_000 })
  }

  /** Throws a Fault when neither the engine nor the registry can say. */
  async fit(image: string, signal: AbortSignal): Promise<Verdict> {
    const { platforms } = await this.#known(image, signal)
    return this.#verdict(platforms, signal)
  }

  /** Whether what was here by this name, when it was last looked at, is made for another platform. */
  isForeign(image: string): boolean {
    return this.#foreign.has(image)
  }

  /** Whether its registry has said, when it was asked last, that this name stands for that digest. */
  standsFor(image: string, fixed: string): boolean {
    const digest = this.#remembered.get(image)?.digest
    return digest !== undefined && refOf(fixed)?.digest === digest
  }

  /**
   * What is here by this name shows itself where it runs, also where no registry could say. Throws a Fault when that is not here;
   * `unpulled` is why there is no other image of this name.
   */
  async checkLocal(image: string, signal: AbortSignal, unpulled?: unknown): Promise<void> {
    const local = await this.#local(image, signal)
    const verdict = await this.#verdict(local?.platforms, signal)
    if (verdict.isYes) return
    const { reason, cure = '' } = verdict
    throw new Fault('BadRequest', reason, {
      component: 'Docker',
      hint: unpulled ? `${cure}. There is no other: ${messageOf(unpulled)}` : cure,
      details: { FailureClass: 'node', Image: image },
    })
  }

  /** The image by its digest (X10); undefined when its name has one already, or it was made here and no registry knows it. */
  async pinned(image: string, signal: AbortSignal): Promise<string | undefined> {
    const ref = refOf(image)
    if (!ref || ref.digest) return undefined
    const { digest } = this.#justSeen.get(image) ?? (await this.#known(image, signal))
    return digest && `${ref.name}@${digest}`
  }

  /** Remembered for a while: an engine takes long to say it (it asks all its parts). */
  async #enginePlatforms(signal: AbortSignal): Promise<Platform[]> {
    const now = this.#clock.monotonicMs()
    if (!this.#engine || now - this.#engine.askedMs > engineTtlMs) {
      const platforms = await this.#askedEngine.get('', signal, (shared) => this.#askEngine(shared))
      this.#engine = { platforms, askedMs: now }
    }
    return this.#engine.platforms
  }

  async #askEngine(signal: AbortSignal): Promise<Platform[]> {
    return enginePlatforms(await this.#api.call<EngineVersion>('GET', '/version', { signal }))
  }

  /** Many jobs that come together ask for the same; some engines take long to say it. */
  #known(image: string, signal: AbortSignal): Promise<Known> {
    return this.#asked.get(image, signal, (shared) => this.#look(image, shared))
  }

  /** A local image speaks for itself, so that no registry is needed for it (X28); one of another platform only where none can. */
  async #look(image: string, signal: AbortSignal): Promise<Known> {
    const local = await this.#local(image, signal)
    const isFit = (await this.#verdict(local?.platforms, signal)).isYes
    if (local && isFit) {
      this.#justSeen.set(image, local)
      this.#foreign.delete(image)
      return local
    }
    if (local) this.#foreign.set(image, true)
    return this.#elsewhere(image, signal).catch((error: unknown) => {
      if (local && !signal.aborted) return local
      throw error
    })
  }

  async #elsewhere(image: string, signal: AbortSignal): Promise<Known> {
    const remembered = this.#remembered.get(image)
    if (remembered) return remembered
    const known = await this.#remote(image, signal)
    this.#remembered.set(image, known)
    return known
  }

  async #verdict(available: Platform[] | undefined, signal: AbortSignal): Promise<Verdict> {
    if (!available) return yes
    const supported = await this.#enginePlatforms(signal)
    const isFit =
      supported.length === 0 ||
      available.some((has) => supported.some((can) => can.os === has.os && can.architecture === has.architecture))
    return isFit ? yes : no(reason(available, supported), foreignHint)
  }

  async #local(image: string, signal: AbortSignal): Promise<Known | undefined> {
    if (leavesItsPath(image)) return undefined
    try {
      const found = await this.#api.call<LocalImage>('GET', `/images/${encodeURIComponent(image)}/json`, { signal })
      const platform = { os: found.Os ?? '', architecture: found.Architecture ?? '' }
      return { platforms: [platform], digest: digestAmong(found.RepoDigests ?? [], image) }
    } catch (error) {
      if (dockerStatusOf(error) === 404) return undefined
      throw isNoName(error) ? imageFault('inspect', image, error) : error
    }
  }

  async #remote(image: string, signal: AbortSignal): Promise<Known> {
    try {
      if (this.#settings.isPullSkipped) throw pullSkipped()
      const ref = parseImageRef(image)
      const headers = await registryAuth(ref, this.#settings)
      const path = `/distribution/${encodeURIComponent(ref.familiar)}/json`
      const found = await this.#api.call<Distribution>('GET', path, { signal, headers })
      // Attestations call themselves unknown/unknown.
      const platforms = (found.Platforms ?? []).filter(({ os }) => os !== 'unknown')
      return { platforms, digest: found.Descriptor?.digest }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (asksNoRegistries(error)) return { platforms: undefined, digest: undefined }
      throw imageFault('inspect', image, error)
    }
  }
}

/** No image has such a name (`http://…`, `../x`), and the engine would take it for the path to something else. */
const leavesItsPath = (image: string): boolean => /(?:^|\/)\.{0,2}(?:\/|$)/.test(image)

/** Podman takes a name that is none for a failure of its own: of the step in which it reads names. */
const isNoName = (error: unknown): boolean => dockerStatusOf(error) === 400 || /normalizing name/.test(messageOf(error))

/** Podman only pulls. */
const asksNoRegistries = (error: unknown): boolean =>
  dockerStatusOf(error) === 404 && /^Error response from daemon: Path \S+ is not supported$/.test(messageOf(error))

/** That of the repository the image is named for: one image may have been pulled from several, or from none any more. */
function digestAmong(repoDigests: readonly string[], image: string): string | undefined {
  const name = refOf(image)?.name
  return name && repoDigests.map(refOf).find((each) => each?.name === name)?.digest
}

/** Images can also be called by their ID, which is no such name. */
function refOf(image: string): ImageRef | undefined {
  try {
    return parseImageRef(image)
  } catch {
    return undefined
  }
}

/** An engine of another kind behind the socket may not name its parts; then its own words count. */
function enginePlatforms(version: EngineVersion): Platform[] {
  const engine = version.Components?.find((component) => component.Name === 'Engine')?.Details
  const os = engine?.['Os'] ?? version.Os
  const architecture = engine?.['Arch'] ?? version.Arch
  return os && architecture ? [{ os, architecture }] : []
}

const reason = (available: Platform[], supported: Platform[]): string =>
  `this node does not support the available image platforms [${listed(available)}] (supports [${listed(supported)}])`
const listed = (platforms: Platform[]): string =>
  platforms.map(({ os, architecture }) => `${os}/${architecture}`).join(' ')
