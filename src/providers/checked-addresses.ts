import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { AddressesOf } from '#contracts/addresses.ts'
import { Fault } from '#lib/fault.ts'
import type { RefusalOf } from './address-guard.ts'

export type Resolve = (host: string) => Promise<string[]>

/** Every address of a name, in the order the system prefers. */
const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/** Addresses that pass the guard; `section` names the settings by which an operator decides. */
export function checkedAddresses(refusalOf: RefusalOf, section: string, resolve: Resolve = systemResolve): AddressesOf {
  return async (host, port) => {
    const all = isIP(host) ? [host] : await resolve(host)
    const good = all.filter((address) => refusalOf(address, port) === undefined)
    if (good.length > 0) return good
    const why = all[0] === undefined ? 'it has no address' : refusalOf(all[0], port)
    throw new Fault('Forbidden', `this node does not fetch from ${host}:${port}: ${why}`, {
      hint: `The operator of the node decides with ${section} what jobs may fetch from`,
      details: { FailureClass: 'node' },
    })
  }
}
