import { apiPrefix, type Endpoint } from '#api/endpoint.ts'
import { keptResultRoute, logsRoute, uploadChunkRoute } from '#api/job-streams.ts'
import { groups } from '#api/openapi/groups.ts'
import type { QuerySchema } from '#api/query.ts'
import { seedBodies } from './seed-bodies.ts'

/** A route of the contract as somebody sees it who wants to do it harm. */
export type Route = {
  name: string
  method: string
  path: string
  query: QuerySchema
  /** Bodies it would take. */
  bodies: readonly string[]
}

const routesOf = ({ method, also = [], path, query, body }: Endpoint<string, any, any, any>): Route[] =>
  [method, ...also].map((each) => ({
    name: `${each} ${path}`,
    method: each,
    path: apiPrefix + path,
    query,
    bodies: body ? seedBodies[body.name].map((seed) => JSON.stringify(seed)) : [],
  }))

/** Every route there is: what is added to the contract is mutated too. */
export const routes: readonly Route[] = [
  ...groups.flatMap(({ rows }) => Object.values(rows)).flatMap(routesOf),
  ...[keptResultRoute, uploadChunkRoute, logsRoute].flatMap((row) => routesOf({ ...row, body: null } as never)),
]
