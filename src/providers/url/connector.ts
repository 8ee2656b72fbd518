import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Agent, buildConnector } from 'undici'
import { Fault } from '#lib/fault.ts'

/** Why an address must not be connected to; undefined = it may. */
export type RefusalOf = (address: string, port: number) => string | undefined
export type Resolve = (hostname: string) => Promise<string[]>

/** Every address of a name, in the order the system prefers. */
const systemResolve: Resolve = async (hostname) => (await lookup(hostname, { all: true })).map(({ address }) => address)

const connectTimeoutMs = 10_000

/**
 * Connections that go only where they may: a name is resolved for each new connection, and the connection is made to exactly an
 * address that passed, so that no second look-up can lead elsewhere.
 */
export function guardedAgent(refusalOf: RefusalOf, readTimeoutMs: number, resolve: Resolve = systemResolve): Agent {
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false })
  const connectTo = (options: buildConnector.Options) =>
    new Promise<Parameters<buildConnector.Callback>>((done, failed) => {
      connect(options, (...result) => (result[0] ? failed(result[0]) : done(result)))
    })
  return new Agent({
    headersTimeout: readTimeoutMs,
    bodyTimeout: readTimeoutMs,
    connect: (options, settle) => {
      guarded(options, refusalOf, resolve, connectTo).then(
        (result) => settle(...result),
        (error: Error) => settle(error, null),
      )
    },
  })
}

async function guarded<Result>(
  options: buildConnector.Options,
  refusalOf: RefusalOf,
  resolve: Resolve,
  connectTo: (options: buildConnector.Options) => Promise<Result>,
): Promise<Result> {
  const hostname = options.hostname.replace(/^\[|\]$/g, '')
  const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
  const addresses = isIP(hostname) ? [hostname] : await resolve(hostname)
  const good = addresses.filter((address) => refusalOf(address, port) === undefined)
  if (good.length === 0) throw refused(hostname, port, addresses[0], refusalOf)
  let failure: unknown
  for (const address of good) {
    try {
      return await connectTo({ ...options, hostname: address })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

function refused(hostname: string, port: number, address: string | undefined, refusalOf: RefusalOf): Fault {
  const why = address === undefined ? 'it has no address' : refusalOf(address, port)
  return new Fault('Forbidden', `this node does not fetch from ${hostname}:${port}: ${why}`, {
    hint: 'The operator of the node decides with Compute.Fetch what jobs may fetch from',
    details: { FailureClass: 'node' },
  })
}
