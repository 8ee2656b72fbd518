import { BlockList, isIP, isIPv6 } from 'node:net'
import { Fault } from '#lib/fault.ts'

/** The proxy by which an address of the web is reached; undefined = directly. Throws a Fault when what is set is none. */
export type ProxyFor = (url: URL) => string | undefined

/**
 * What `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say, in either spelling; capitals go first. As programs of this field read them:
 * each is for its own scheme, a domain stands for those below it too, and this machine is never asked for by a proxy.
 */
export function proxiesOf(environment: Readonly<Record<string, string | undefined>>): ProxyFor {
  const value = (name: string) => environment[name] || environment[name.toLowerCase()] || ''
  const isDirect = exceptions(value('NO_PROXY'))
  return ({ protocol, hostname, port }) => {
    const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
    const proxy = value(name)
    const host = hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase()
    if (proxy === '' || isThisMachine(host)) return undefined
    if (isDirect(host, port || (protocol === 'https:' ? '443' : '80'))) return undefined
    return proxyUrl(proxy, name)
  }
}

const proxySchemes = new Set(['http:', 'https:', 'socks5:'])

function proxyUrl(text: string, name: string): string {
  const url = URL.parse(/^[a-z0-9+.-]+:\/\//i.test(text) ? text : `http://${text}`)
  if (url && proxySchemes.has(url.protocol) && url.hostname !== '') return url.href
  // It may hold a login, so it is not shown.
  throw new Fault('BadRequest', `the environment of this node has no proxy in ${name}`, {
    hint: `Set ${name} to http://HOST:PORT`,
    details: { FailureClass: 'node' },
  })
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')
const isThisMachine = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'))

type IsDirect = (host: string, port: string) => boolean

function exceptions(list: string): IsDirect {
  const rules = list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map((entry) => exception(entry.toLowerCase()))
  return (host, port) => rules.some((isDirect) => isDirect(host, port))
}

/** `*`, a net, an address or a domain; the last two may have a port. */
function exception(entry: string): IsDirect {
  if (entry === '*') return () => true
  const [, net = '', prefix] = /^(.+)\/(\d+)$/.exec(entry) ?? []
  if (isIP(net)) return inNet(net, Number(prefix))
  const isBareIpv6 = isIPv6(entry)
  const [, name = entry, ofPort] = (isBareIpv6 ? null : /^(.*?)(?::(\d+))?$/.exec(entry)) ?? []
  const plain = name.replace(/^\[|\]$/g, '')
  const domain = plain.replace(/^\*?\./, '')
  const isBelowOnly = domain !== plain
  return (host, port) => {
    if (ofPort !== undefined && ofPort !== port) return false
    return (!isBelowOnly && host === domain) || (isIP(host) === 0 && host.endsWith(`.${domain}`))
  }
}

function inNet(net: string, prefix: number): IsDirect {
  const family = isIPv6(net) ? 'ipv6' : 'ipv4'
  if (prefix > (family === 'ipv6' ? 128 : 32)) return () => false
  const list = new BlockList()
  list.addSubnet(net, prefix, family)
  return (host) => isIP(host) !== 0 && list.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}
