import { apiPrefix } from '#api/endpoint.ts'
import { Fault } from '#lib/fault.ts'

/** A path of the contract with an id for each `:name`, written so that exactly that id arrives. */
export function pathWith(path: string, ids: readonly string[]): string {
  const rest = [...ids]
  return apiPrefix + path.replace(/:\w+/g, () => pathPart(rest.shift() ?? ''))
}

function pathPart(id: string): string {
  if (id === '') throw noId('the id is empty')
  // Every client and proxy takes these for a way up, however they are written.
  if (id === '.' || id === '..') throw noId(`'${id}' is not an id`)
  return encodeURIComponent(id.toWellFormed())
}

const noId = (message: string): Fault => new Fault('BadRequest', message, { component: 'Client' })
