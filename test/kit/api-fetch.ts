import { apiPrefix } from '#api/endpoint.ts'
import { expectDocumented } from './documented.ts'

/** `fetch` for the API of a server in another process: what comes back must be as documented. */
export async function apiFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init)
  const { pathname, search } = new URL(url)
  const contentType = response.headers.get('content-type') ?? ''
  if (pathname.startsWith(apiPrefix) && !contentType.startsWith('application/gzip')) {
    expectDocumented({
      method: init.method ?? 'GET',
      path: pathname + search,
      status: response.status,
      contentType,
      text: await response.clone().text(),
    })
  }
  return response
}
