import { createSocket } from 'node:dgram'
import { BlockList, isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

const subnets = (...list: string[]): BlockList => {
  const found = new BlockList()
  for (const each of list) {
    const [net = '', prefix] = each.split('/')
    found.addSubnet(net, Number(prefix), isIP(net) === 6 ? 'ipv6' : 'ipv4')
  }
  return found
}

const privateNets = subnets('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7')
const linkLocalNets = subnets('169.254.0.0/16', 'fe80::/10')
const multicastNets = subnets('224.0.0.0/4', 'ff00::/8')

type Kind = (each: NetworkInterfaceInfo) => boolean
const isIn = (nets: BlockList, { address, family }: NetworkInterfaceInfo): boolean =>
  nets.check(address, family === 'IPv6' ? 'ipv6' : 'ipv4')
const isLinkLocal: Kind = (each) => isIn(linkLocalNets, each)
const isPrivate: Kind = (each) => isIn(privateNets, each)

/** Words an operator may say instead of an address. */
const kinds: Readonly<Record<string, Kind>> = {
  public: (each) => !each.internal && !isPrivate(each) && !isLinkLocal(each) && !isIn(multicastNets, each),
  private: (each) => !each.internal && isPrivate(each),
  loopback: (each) => each.internal,
  linklocal: isLinkLocal,
  multicast: (each) => isIn(multicastNets, each),
  any: () => true,
}
const sameAs: Readonly<Record<string, string>> = { localhost: 'loopback', local: 'loopback' }

/**
 * Addresses that others may reach this node at, the best one first. A word gives the interfaces of that kind (IPv4 before IPv6),
 * then the address the node itself would send from, then loopback; anything else is taken at its word [R189, X5].
 */
export function candidateAddresses(setting: string, interfaces: Interfaces, outbound: string | undefined): string[] {
  const word = setting.trim().toLowerCase() || 'public'
  const kind = kinds[sameAs[word] ?? word]
  if (!kind) return [setting.trim()]
  const all = Object.values(interfaces).flatMap((each) => each ?? [])
  const found = all.filter(kind).sort((a, b) => a.family.localeCompare(b.family))
  const addresses = found.map(({ address, family, scopeid }) => (family === 'IPv6' && scopeid ? undefined : address))
  return [...new Set([...addresses, outbound, '127.0.0.1'].filter((each) => each !== undefined))]
}

/** The address the machine would send from; nothing is sent. Undefined without a way out. */
export function outboundAddress(): Promise<string | undefined> {
  const documentationNet = '192.0.2.1'
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (address?: string) => {
      socket.close()
      resolve(address)
    }
    socket.once('error', () => end())
    socket.connect(9, documentationNet, () => end(socket.address().address))
  })
}

/** As it stands in a URL. */
export const inUrl = (address: string): string => (isIP(address) === 6 ? `[${address}]` : address)
