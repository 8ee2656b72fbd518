import type { FastifyReply } from 'fastify'
import type { ParsedVersion } from '#api/client-version.ts'
import { goJson } from '#api/encode/go-json.ts'
import type { BuildVersionInfo } from '#models/node.ts'

const identity = (payload: unknown): string => payload as string

/** Answers a client whose version is too old or cannot be read, in the form all clients know. True = answered. */
export function refuseOutdated(
  parsed: ParsedVersion,
  header: string | undefined,
  server: BuildVersionInfo,
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
  reply.code(isOutdated ? 403 : 400).header('content-type', 'application/json; charset=UTF-8')
  reply.serializer(identity).send(`${goJson(body)}\n`)
  return true
}
