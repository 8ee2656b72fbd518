import { Agent, buildConnector } from 'undici'
import type { AddressesOf } from '#contracts/addresses.ts'

const connectTimeoutMs = 10_000

/** Connections that go only to addresses that passed: asked for again with each new connection. */
export function guardedAgent(addressesOf: AddressesOf, readTimeoutMs: number): Agent {
  const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false })
  const connectTo = (options: buildConnector.Options) =>
    new Promise<Parameters<buildConnector.Callback>>((done, failed) => {
      connect(options, (...result) => (result[0] ? failed(result[0]) : done(result)))
    })
  return new Agent({
    headersTimeout: readTimeoutMs,
    bodyTimeout: readTimeoutMs,
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
  const host = options.hostname.replace(/^\[|\]$/g, '')
  const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80)
  let failure: unknown
  for (const address of await addressesOf(host, port)) {
    try {
      return await connectTo({ ...options, hostname: address })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
