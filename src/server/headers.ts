import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BuildVersionInfo } from '#models/node.ts'

/** The headers every answer carries about the program that gave it: names and values. */
export function versionHeaders(version: BuildVersionInfo): string[] {
  return [
    ['X-Bacalhau-Git-Version', version.GitVersion],
    ['X-Bacalhau-Git-Commit', version.GitCommit],
    ['X-Bacalhau-Build-Date', goTimeText(version.BuildDate)],
    ['X-Bacalhau-Build-OS', version.GOOS],
    ['X-Bacalhau-Arch', version.GOARCH],
  ].flat()
}

/** `2024-06-28 10:14:58 +0000 UTC`, as Go prints a time. */
const goTimeText = (rfc3339: string): string => rfc3339.replace('T', ' ').replace(/(?:\.\d+)?Z$/, ' +0000 UTC')

const methods = 'GET,HEAD,PUT,PATCH,POST,DELETE'

/** The answer to a browser that asks before it asks. */
export function answerPreflight(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('Vary', ['Origin', 'Access-Control-Request-Method', 'Access-Control-Request-Headers'])
  reply.header('Access-Control-Allow-Methods', methods)
  const { origin } = request.headers
  const allowed = origin === undefined ? undefined : request.server.allowedOrigin(origin)
  if (allowed !== undefined) reply.header('Access-Control-Allow-Origin', allowed)
  const asked = request.headers['access-control-request-headers']
  if (typeof asked === 'string') reply.header('Access-Control-Allow-Headers', asked)
  reply.code(204).send()
}
