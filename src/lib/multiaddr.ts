const form = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})(\/http|\/https|\/tls\/http)?\/?$/

/**
 * The web address that a multiaddr of IPFS stands for: `http://127.0.0.1:5001` for `/ip4/127.0.0.1/tcp/5001`. Undefined for text
 * that is none, and for one of another transport.
 */
export function webAddressOf(multiaddr: string): string | undefined {
  const [, kind = '', host = '', port = '', over = ''] = form.exec(multiaddr) ?? []
  const scheme = over === '' || over === '/http' ? 'http' : 'https'
  const url = URL.parse(`${scheme}://${kind === 'ip6' ? `[${host}]` : host}:${port}/`)
  // Other spellings of an IPv4 address are not part of a multiaddr.
  if (!url || (kind === 'ip4' && !(/^[\d.]+$/.test(host) && url.hostname === host))) return undefined
  return `${scheme}://${url.hostname}:${port}`
}
