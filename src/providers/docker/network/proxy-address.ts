/** Where a program finds the proxy: on its own loopback, which is all the network it has. Fixed, so that it is there again after our restart. */
export const proxyAddress = { host: '127.0.0.1', port: 13128 } as const

/** The variables by which programs learn of a proxy, in both spellings that are about. */
export function proxyVariables(): string[] {
  const url = `http://${proxyAddress.host}:${proxyAddress.port}`
  const own = 'localhost,127.0.0.1,::1'
  const values = { http_proxy: url, https_proxy: url, no_proxy: own }
  return Object.entries(values).flatMap(([name, value]) => [`${name}=${value}`, `${name.toUpperCase()}=${value}`])
}
