import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import { no, off, type Verdict, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { endpointUrl, isAwsEndpoint } from '#lib/s3/endpoint.ts'
import { mayHaveCredentials } from './credential-hints.ts'
import { handlerOver } from './handler.ts'
import { ObjectGetter } from './object-getter.ts'
import { retryEach } from './retry-each.ts'
import type { S3Settings } from './settings.ts'
import { signedGet } from './signed-get.ts'

/** Where a bucket is: empty texts = what the machine's own AWS settings say. */
export type S3Place = { Region: string; Endpoint: string }

type CredentialSource = () => Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string }>

export type S3ClientsDeps = {
  /** Connections that go only where a node allows; absent = anywhere. */
  connect?: () => Promise<Dispatcher>
  clock: Clock
  /** Of this process. */
  environment: Readonly<Record<string, string | undefined>>
  /** Other than the default credential chain, for tests. Rejects when there are none. */
  credentials?: CredentialSource
}

const mostClients = 64
const lookAgainMs = 30_000
/** Less than an orchestrator waits for a bid. */
const patienceMs = 20_000
/** Of who names none: every region leads to the right one from here. */
const fallbackRegion = 'us-east-1'

/**
 * The AWS clients of a process, one per endpoint and region, loaded when the first is asked for. This node's credentials sign
 * requests to Amazon and to endpoints that its operator trusts, and no others: those are asked as anybody.
 */
export class S3Clients implements Startable {
  readonly #settings: S3Settings
  readonly #deps: S3ClientsDeps
  readonly #clients = new LRUCache<string, Promise<S3Client>>({
    max: mostClients,
    dispose: (client) => void client.then((made) => made.destroy()).catch(() => {}),
  })
  #chain: CredentialSource | undefined
  #agent: Promise<Dispatcher> | undefined
  #looked: { atMs: number; verdict: Promise<Verdict> } | undefined

  constructor(settings: S3Settings, deps: S3ClientsDeps) {
    this.#settings = settings
    this.#deps = deps
  }

  /** Throws a Fault of class node where credentials are set up and cannot be had. */
  async of({ Region, Endpoint }: S3Place): Promise<S3Client> {
    const isSigning = await this.#signs(Endpoint)
    // Credentials may come later: who was asked as anybody before is not for ever.
    const key = `${Endpoint}\n${Region}\n${isSigning}`
    const known = this.#clients.get(key)
    if (known) return known
    const made = this.#make(Region, Endpoint, isSigning)
    this.#clients.set(key, made)
    return made
  }

  /** A store would refuse us as anybody, and that would be taken for a mistake of the job. */
  async #signs(endpoint: string): Promise<boolean> {
    if (!this.isTrusted(endpoint)) return false
    const verdict = await this.hasCredentials()
    if (verdict.isYes || verdict.isOff || this.#settings.isAnonymousTaken) return verdict.isYes
    throw new Fault('Forbidden', verdict.reason, {
      hint: 'AWS credentials are set up here and cannot be had: check AWS_PROFILE, the files they come from, or who gives them out',
      details: { FailureClass: 'node' },
    })
  }

  /**
   * A short way to objects; undefined for Amazon's, where hosts differ by bucket and the client checks the sums that come with
   * the answers.
   */
  async getter({ Region, Endpoint }: S3Place): Promise<ObjectGetter | undefined> {
    if (isAwsEndpoint(Endpoint)) return undefined
    const client = await this.of({ Region, Endpoint })
    const { clock } = this.#deps
    const signed = signedGet({ client, endpoint: endpointUrl(Endpoint), clock })
    return new ObjectGetter({ signed, dispatcher: () => this.#dispatcher() })
  }

  /** A way to objects by addresses that somebody has signed, by the path of each. */
  getterBy(addresses: ReadonlyMap<string, string>): ObjectGetter {
    const signed = async (object: string) => {
      const { origin, pathname, search } = new URL(addresses.get(object) ?? '')
      return { origin, path: pathname + search, headers: {} }
    }
    return new ObjectGetter({ signed, dispatcher: () => this.#dispatcher() })
  }

  /** Whether requests to an endpoint are signed with the credentials of this node. */
  isTrusted(endpoint: string): boolean {
    const { trustedEndpoints } = this.#settings
    if (trustedEndpoints === 'all' || isAmazon(endpoint)) return true
    return trustedEndpoints.some((each) => sameOrigin(each, endpoint))
  }

  /** Whether they are, and there are some. */
  async isSigning(endpoint: string): Promise<boolean> {
    return this.isTrusted(endpoint) && (await this.hasCredentials()).isYes
  }

  /** Whether there are credentials; looked for again after a while, for looking may take seconds. */
  hasCredentials(): Promise<Verdict> {
    const nowMs = this.#deps.clock.monotonicMs()
    if (!this.#looked || nowMs - this.#looked.atMs > lookAgainMs) this.#looked = { atMs: nowMs, verdict: this.#look() }
    return this.#looked.verdict
  }

  async #look(): Promise<Verdict> {
    const { credentials, environment } = this.#deps
    const none = 'this node has no AWS credentials'
    if (!credentials && !(await mayHaveCredentials(environment))) return off(`${none}: none are set up for it`)
    try {
      await this.#given()
      return yes
    } catch (error) {
      return no(`${none}: ${messageOf(error)}`)
    }
  }

  async start(): Promise<void> {}

  /** Connections are made when they are needed and let go here. */
  async stop(): Promise<void> {
    this.#clients.clear()
    const agent = this.#agent
    this.#agent = undefined
    await (await agent)?.destroy()
  }

  async #make(region: string, endpoint: string, isSigning: boolean): Promise<S3Client> {
    const { S3Client } = await import('@aws-sdk/client-s3')
    const isAws = isAwsEndpoint(endpoint)
    const settings: S3ClientConfig = {
      ...(endpoint ? { endpoint: endpointUrl(endpoint) } : {}),
      ...(isSigning ? { credentials: () => this.#given() } : anybody),
      forcePathStyle: !isAws,
      followRegionRedirects: true,
      retryStrategy: retryEach(this.#settings.retries, this.#deps.clock),
      requestHandler: handlerOver(() => this.#dispatcher()),
      // Other stores know neither trailing checksums nor checksums of answers.
      requestChecksumCalculation: isAws ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
      responseChecksumValidation: isAws ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    }
    if (region) return new S3Client({ ...settings, region })
    const client = new S3Client(settings)
    const ofMachine = await client.config.region().catch(() => undefined)
    return ofMachine ? client : new S3Client({ ...settings, region: fallbackRegion })
  }

  #dispatcher(): Promise<Dispatcher> {
    this.#agent ??= this.#connect()
    return this.#agent
  }

  async #connect(): Promise<Dispatcher> {
    return this.#deps.connect?.() ?? new (await import('undici')).Agent()
  }

  /** Who gives credentials out may say nothing at all: the next who wants some asks anew. */
  async #given(): ReturnType<CredentialSource> {
    const chain = (this.#chain ??= this.#deps.credentials ?? (await defaultChain()))
    const late = Promise.withResolvers<never>()
    const patience = this.#deps.clock.after(patienceMs, () => {
      this.#chain = undefined
      late.reject(new Error(`who gives them out has said nothing for ${patienceMs / 1000} s`))
    })
    try {
      return await Promise.race([chain(), late.promise])
    } finally {
      patience.stop()
    }
  }
}

/** Files that were not there are looked for again. */
const defaultChain = async (): Promise<CredentialSource> =>
  (await import('@aws-sdk/credential-provider-node')).defaultProvider({ ignoreCache: true })

/** Requests without a signature. */
const anybody: S3ClientConfig = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: async (request) => request },
}

function isAmazon(endpoint: string): boolean {
  if (endpoint === '') return true
  const { protocol, hostname } = parsed(endpoint)
  return protocol === 'https:' && /(?:^|\.)amazonaws\.com(?:\.cn)?$/.test(hostname)
}

const sameOrigin = (a: string, b: string): boolean => parsed(a).origin === parsed(b).origin

function parsed(endpoint: string): { protocol: string; hostname: string; origin: string } {
  return URL.canParse(endpoint) ? new URL(endpoint) : { protocol: '', hostname: '', origin: `not a URL: ${endpoint}` }
}
