import { match } from 'node:assert/strict'
import { join } from 'node:path'
import { newNonce, printJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { idIn } from './shown-job.ts'

/** Servers that are spoken to by TLS, or that want to know who speaks. */
export const secure: readonly Use<RealCli>[] = [
  {
    name: 'TLS with a certificate that the server made: trusted, taken as it is, or refused',
    async run(cli) {
      const server = await cli.cluster.serveWith('secure', { API: { TLS: { SelfSigned: true } } })
      const env = { BACALHAU_API_PORT: String(server.port) }
      const authority = join(server.dataFolder, 'api-cert.pem')
      const nonce = newNonce()
      const job = cli.jobFile(printJob(nonce))
      const trusting = tls(cli, { authority })
      const id = idIn(await cli.ok([...trusting, 'job', 'run', job], { env }))
      match(await cli.ok([...trusting, 'job', 'logs', id], { env }), new RegExp(nonce))
      match(await cli.ok([...tls(cli, { isInsecure: true }), 'agent', 'alive'], { env }), /Status: OK/)
      match(await cli.refused([...tls(cli, {}), 'agent', 'alive'], { env }), /certificate/)
    },
  },
  {
    name: 'a server with a policy: the client logs in with its key, and may write in its own namespace alone',
    async run(cli) {
      const server = await cli.cluster.serveWith('asking', { API: { Auth: { AccessPolicyPath: 'policy_ns_anon' } } })
      const env = { BACALHAU_API_PORT: String(server.port) }
      const nonce = newNonce()
      match(await cli.refused(['job', 'run', cli.jobFile(printJob(nonce))], { env }), /Access denied/)
      const mine = printJob(nonce, { Namespace: loggedInAs(cli, server.port) })
      match(await cli.ok(['job', 'run', '--follow', cli.jobFile(mine)], { env }), new RegExp(nonce))
      match(await cli.refused(['node', 'reject', 'asking'], { env }), /Access denied/)
    },
  },
]

/** Whom the token that the client keeps for a server names. */
function loggedInAs(cli: RealCli, port: number): string {
  const tokens = JSON.parse(cli.read('client/tokens.json')) as Record<string, string>
  const [, claims = ''] = tokens[`http://127.0.0.1:${port}`]?.split('.') ?? []
  return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }).sub
}

/** The flags of a generation. */
function tls({ isOld }: RealCli, { authority, isInsecure = false }: { authority?: string; isInsecure?: boolean }) {
  const pair = (key: string, value: string) => ['-c', `API.TLS.${key}=${value}`]
  if (isOld) return ['--tls', ...(authority ? ['--cacert', authority] : []), ...(isInsecure ? ['--insecure'] : [])]
  const trusted = authority ? pair('CAFile', authority) : []
  return [...pair('UseTLS', 'true'), ...trusted, ...(isInsecure ? pair('Insecure', 'true') : [])]
}
