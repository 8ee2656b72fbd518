import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ParsedVersion } from '#api/client-version.ts'
import { goJson } from '#api/encode/go-json.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { writeText } from './answer.ts'

/** Answers a client whose version is too old or cannot be read, in the form all clients know. True = answered. */
export function refuseOutdated(
  parsed: ParsedVersion,
  header: string | undefined,
  server: BuildVersionInfo,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  if (parsed.kind === 'ok') return false
  const isOutdated = parsed.kind === 'outdated'
  const body = isOutdated
    ? {
        Error: 'Client version is outdated. Update your client',
        MinVersion: '1.4.0',
        ClientVersion: parsed.text,
        ServerVersion: server.GitVersion.replace(/^v/, ''),
      }
    : { Error: `Invalid client version ${header}` }
  const head = { status: isOutdated ? 403 : 400, contentType: 'application/json; charset=UTF-8' }
  writeText(request, reply, head, `${goJson(body)}\n`)
  return true
}
