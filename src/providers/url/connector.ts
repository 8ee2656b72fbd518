import { Agent, buildConnector, Dispatcher, ProxyAgent } from 'undici'
import type { AddressesOf } from '#contracts/addresses.ts'
import { Fault } from '#lib/fault.ts'
import type { ProxyFor } from './proxies.ts'

const connectTimeoutMs = 10_000

/** How a node reaches the web on behalf of jobs. */
export type WayToWeb = { addressesOf: AddressesOf; proxyFor: ProxyFor; readTimeoutMs: number }

/**
 * Connections that go only to addresses that passed: asked for again with each new connection. What goes by a proxy is looked at
 * before each request, as far as this node sees where a name leads; the proxy then looks it up itself.
 */
export class GuardedWeb extends Dispatcher {
  readonly #way: WayToWeb
  readonly #direct: Agent
  readonly #proxies = new Map<string, ProxyAgent>()

  constructor(way: WayToWeb) {
    super()
    this.#way = way
    this.#direct = guardedAgent(way.addressesOf)
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const { readTimeoutMs } = this.#way
    const timed = { ...options, headersTimeout: readTimeoutMs, bodyTimeout: readTimeoutMs }
    this.#chosen(new URL(String(options.origin)))
      .then((dispatcher) => dispatcher.dispatch(timed, handler))
      // There is no request yet that could be controlled.
      .catch((error: Error) => handler.onResponseError?.(null as never, error))
    return true
  }

  override async destroy(): Promise<void> {
    await Promise.all([this.#direct, ...this.#proxies.values()].map((each) => each.destroy()))
  }

  async #chosen(origin: URL): Promise<Dispatcher> {
    const proxy = this.#way.proxyFor(origin)
    if (proxy === undefined) return this.#direct
    await checkName(origin, this.#way.addressesOf)
    const agent = this.#proxies.get(proxy) ?? new ProxyAgent({ uri: proxy, connectTimeout: connectTimeoutMs })
    this.#proxies.set(proxy, agent)
    return agent
  }
}

function guardedAgent(addressesOf: AddressesOf): Agent {
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false })
  const connectTo = (options: buildConnector.Options) =>
    new Promise<Parameters<buildConnector.Callback>>((done, failed) => {
      connect(options, (...result) => (result[0] ? failed(result[0]) : done(result)))
    })
  return new Agent({
    connect: (options, settle) => {
      guarded(options, addressesOf, connectTo).then(
        (result) => settle(...result),
        (error: Error) => settle(error, null),
      )
    },
  })
}

async function guarded<Result>(
  options: buildConnector.Options,
  addressesOf: AddressesOf,
  connectTo: (options: buildConnector.Options) => Promise<Result>,
): Promise<Result> {
  let failure: unknown
  for (const address of await addressesOf(...targetOf(options))) {
    try {
      return await connectTo({ ...options, hostname: address })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/** A name that only the proxy knows may lead anywhere: it is refused where jobs are kept from a part of that. */
async function checkName(origin: URL, addressesOf: AddressesOf): Promise<void> {
  const [host, port] = targetOf(origin)
  try {
    await addressesOf(host, port)
  } catch (error) {
    if (error instanceof Fault) throw error
    const anywhere = ['127.0.0.1', '10.0.0.1'].map((address) => addressesOf(address, port))
    await Promise.all(anywhere).catch((refusal: Fault) => {
      throw new Fault(
        'Forbidden',
        `this node does not fetch from ${host}:${port}: only its proxy knows where that is`,
        {
          ...(refusal.hint && { hint: refusal.hint }),
          details: { FailureClass: 'node' },
        },
      )
    })
  }
}

const targetOf = ({ hostname, port, protocol }: Pick<URL, 'hostname' | 'port' | 'protocol'>): [string, number] => [
  hostname.replace(/^\[|\]$/g, ''),
  Number(port) || (protocol === 'https:' ? 443 : 80),
]
