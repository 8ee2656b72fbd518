import { match } from 'node:assert/strict'
import { join } from 'node:path'
import { newNonce, printJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { idIn } from './shown-job.ts'

/** Servers that are spoken to by TLS. */
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
]

/** The flags of a generation. */
function tls({ isOld }: RealCli, { authority, isInsecure = false }: { authority?: string; isInsecure?: boolean }) {
  const pair = (key: string, value: string) => ['-c', `API.TLS.${key}=${value}`]
  if (isOld) return ['--tls', ...(authority ? ['--cacert', authority] : []), ...(isInsecure ? ['--insecure'] : [])]
  const trusted = authority ? pair('CAFile', authority) : []
  return [...pair('UseTLS', 'true'), ...trusted, ...(isInsecure ? pair('Insecure', 'true') : [])]
}
