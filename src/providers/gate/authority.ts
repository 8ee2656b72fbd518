/** Where a request goes. The host is in lower case, without brackets and without the dot of the root. */
export type Authority = { host: string; port: number }

const form = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::([0-9]{1,5}))?$/i

/** Reads `host:port`, also `[::1]:443`; undefined = it is none. Without `defaultPort` the port must be there. */
export function readAuthority(text: string, defaultPort?: number): Authority | undefined {
  const [, address, name, portText] = form.exec(text) ?? []
  const host = hostKey(address ?? name ?? '')
  const port = portText === undefined ? defaultPort : Number(portText)
  if (host === '' || port === undefined || port < 1 || port > 65_535) return undefined
  return { host, port }
}

/** Two names of the same host are the same text in this form. */
export const hostKey = (host: string): string => host.toLowerCase().replace(/\.$/, '')

/** Whether a text names exactly this place. */
export const isSame = (text: string, { host, port }: Authority, defaultPort: number): boolean => {
  const other = readAuthority(text, defaultPort)
  return other !== undefined && other.host === host && other.port === port
}

/** As it stands in a Host header. */
export const hostHeader = ({ host, port }: Authority): string => {
  const shown = host.includes(':') ? `[${host}]` : host
  return port === 80 ? shown : `${shown}:${port}`
}
