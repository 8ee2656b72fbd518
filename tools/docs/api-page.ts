import { apiPrefix, type Endpoint } from '#api/endpoint.ts'
import { keptResultRoute, logsRoute, uploadChunkRoute } from '#api/job-streams.ts'
import { groups } from '#api/openapi/groups.ts'
import type { QuerySchema } from '#api/query.ts'
import { statusOf } from '#lib/fault.ts'
import { cell, made, tableOf } from './markdown.ts'

type Row = Pick<Endpoint, 'method' | 'also' | 'path' | 'summary' | 'role' | 'query' | 'errors'>

/** docs/api.md from the rows of the REST contract. */
export function apiPage(): string {
  return `# REST API

${made}

Everything is under \`${apiPrefix}\`, port 1234 unless set. Answers are JSON, compact; \`?pretty\` indents them. Times are nanoseconds since 1970 as whole numbers.
Lists answer \`NextToken\`: give it back as \`next_token\` for the next page. Errors are described in [errors](errors.md); each route may also answer 400, 401, 403, 429, 500 and 503.
The forms of bodies and answers are in the OpenAPI 3.1 document that every node serves at \`/openapi.json\`, made from the same rows.
Enumerations and some shapes follow the generation that a client names in \`X-Bacalhau-Git-Version\`.

${groups.map(({ name, title, rows }) => `## ${title}\n\n${[...Object.values(rows), ...(streams[name] ?? [])].map(section).join('\n\n')}`).join('\n\n')}
`
}

/** What is no exchange of documents. */
const streams: Record<string, Row[]> = { jobs: [keptResultRoute, uploadChunkRoute, logsRoute] }

function section({ method, also = [], path, summary, role, query, errors }: Row): string {
  const methods = [method, ...also].join(' or ')
  const who = role === 'any' ? '' : ` Answered by a node with the ${role} role.`
  const codes = errors.map((code) => `${statusOf(code)} ${code}`).join(', ')
  const parts = [`### ${methods} \`${path}\`\n\n${summary}.${who}${codes && ` Errors: ${codes}.`}`]
  if (Object.keys(query).length > 0) parts.push(queryTable(query))
  return parts.join('\n\n')
}

const queryTable = (query: QuerySchema): string =>
  tableOf(
    ['query', 'kind', 'meaning'],
    Object.entries(query).map(([name, { kind, about }]) => [`\`${name}\``, kind, cell(about)]),
  )
