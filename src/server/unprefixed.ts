import { apiPrefix } from '#api/endpoint.ts'

const paths = new Set(['/peers', '/node_info', '/healthz', '/id', '/livez', '/version', '/openapi.json'])

/** Old clients leave out the prefix on a few paths, and tools look for the document at the root. Only whole paths count. */
export function prefixed(url: string): string {
  const at = url.indexOf('?')
  const path = at < 0 ? url : url.slice(0, at)
  return paths.has(path) || path.startsWith('/requester/') ? apiPrefix + url : url
}
