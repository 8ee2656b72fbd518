import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Fault } from '#lib/fault.ts'

type Address = { readonly address: string; readonly internal: boolean; readonly family: string }
const isLinkLocal = ({ address }: Address): boolean => address.startsWith('169.254.')
const isPrivate = ({ address }: Address): boolean => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address)

/** Kinds of address an interface may have, by the words a setting uses. */
const kinds: Readonly<Record<string, (address: Address) => boolean>> = {
  public: (address) => !address.internal && !isPrivate(address) && !isLinkLocal(address),
  private: (address) => !address.internal && isPrivate(address),
  loopback: ({ internal }) => internal,
  localhost: ({ internal }) => internal,
  local: ({ internal }) => internal,
  linklocal: (address) => !address.internal && isLinkLocal(address),
  multicast: () => false,
}

/** An address, or the first of this machine's that is of the kind named. */
export function listenAddress(host: string, interfaces: readonly Address[] = ownAddresses()): string {
  if (isIP(host) !== 0) return host
  if (host === 'any' || host === '') return '0.0.0.0'
  const isKind = Object.hasOwn(kinds, host) ? kinds[host] : undefined
  if (!isKind) throw refused(`invalid address type in Server API Host config: ${host}`)
  const found = interfaces.find((each) => each.family === 'IPv4' && isKind(each))
  if (!found) throw refused(`no ${host} addresses found for Server API Host`)
  return found.address
}

const ownAddresses = (): Address[] => Object.values(networkInterfaces()).flatMap((each) => each ?? [])

const refused = (message: string): Fault =>
  new Fault('ValidationError', message, {
    component: 'Config',
    hint: `Give an IP address or one of: any, ${Object.keys(kinds).join(', ')}.`,
  })
