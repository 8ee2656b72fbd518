import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** Which addresses a job may make this node fetch from. */
export type FetchGuardSettings = {
  allowPrivateAddresses: boolean
  allowLoopback: boolean
  /** Empty = all. */
  allowedPorts: readonly number[]
}

export const defaultFetchGuard: FetchGuardSettings = {
  allowPrivateAddresses: true,
  allowLoopback: true,
  allowedPorts: [],
}

/** What the HTTP network of a job reaches unless the operator says more: the public web. */
export const defaultProxyGuard: FetchGuardSettings = {
  allowPrivateAddresses: false,
  allowLoopback: false,
  allowedPorts: [80, 443],
}

/** Why an address must not be connected to; undefined = it may. */
export type RefusalOf = (address: string, port: number) => string | undefined

const never = listOf(
  // Link-local, where clouds answer with the credentials of the machine.
  ['169.254.0.0', 16],
  ['fe80::', 10],
  // Metadata services elsewhere.
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['192.0.0.192', 32],
  ['fd00:ec2::254', 128],
  ['fd20:ce::254', 128],
  // Multicast, broadcast, reserved.
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['ff00::', 8],
)
const loopback = listOf(['127.0.0.0', 8], ['0.0.0.0', 8], ['::1', 128], ['::', 128])
const privateNets = listOf(
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['198.18.0.0', 15],
  ['fc00::', 7],
)

/**
 * The guard that every outgoing connection on behalf of a job passes, with the address it will really use. Metadata addresses and
 * the node's own servers are refused whatever the operator allows.
 */
export function addressGuard(
  settings: FetchGuardSettings,
  ownPorts: () => readonly number[],
  ownAddresses: () => readonly string[] = machineAddresses,
): RefusalOf {
  return (address, port) => {
    const plain = embeddedIpv4(address) ?? address
    if (isIn(never, plain)) return 'it belongs to the machine or the cloud it runs in'
    const isOwn = isIn(loopback, plain) || ownAddresses().includes(plain)
    if (isOwn && ownPorts().includes(port)) return 'it is a server of this node itself'
    if (isIn(loopback, plain) && !settings.allowLoopback) return 'the node allows no loopback addresses'
    if (isIn(privateNets, plain) && !settings.allowPrivateAddresses) return 'the node allows no private addresses'
    if (settings.allowedPorts.length > 0 && !settings.allowedPorts.includes(port)) {
      return `the node allows only the ports ${settings.allowedPorts.join(', ')}`
    }
    return undefined
  }
}

const machineAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address))

function listOf(...nets: [string, number][]): BlockList {
  const list = new BlockList()
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4')
  return list
}

function isIn(list: BlockList, address: string): boolean {
  if (isIPv4(address)) return list.check(address, 'ipv4')
  return isIPv6(address) && list.check(address.split('%', 1)[0] ?? address, 'ipv6')
}

/** IPv6 addresses that end up at an IPv4 one: mapped, compatible, NAT64 and 6to4. */
export function embeddedIpv4(address: string): string | undefined {
  if (!isIPv6(address)) return undefined
  const words = wordsOf(address.split('%', 1)[0] ?? address)
  const leading = (count: number, ...values: number[]) =>
    words.slice(0, count).every((word, i) => word === (values[i] ?? 0))
  const at = (index: number) =>
    [words[index] ?? 0, words[index + 1] ?? 0].flatMap((word) => [word >> 8, word & 255]).join('.')
  if (leading(5) && words[5] === 0xffff) return at(6)
  if (leading(6) && (words[6] ?? 0) > 0) return at(6)
  if (leading(6, 0x64, 0xff9b)) return at(6)
  if (words[0] === 0x2002) return at(1)
  return undefined
}

/** The eight 16-bit words of an IPv6 address. */
function wordsOf(address: string): number[] {
  const withoutDots = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [256 * Number(a) + Number(b), 256 * Number(c) + Number(d)].map((word) => word.toString(16)).join(':'),
  )
  const [head = '', tail] = withoutDots.split('::')
  const words = (part: string) => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  const [front, back] = [words(head), words(tail ?? '')]
  return tail === undefined ? front : [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back]
}
