import { equal, match } from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newNonce, printJob } from '../jobs.ts'
import type { Use } from '../judge.ts'
import type { RealCli } from '../real-cli.ts'
import { idIn } from './shown-job.ts'

/** Servers that want to know who asks, by the handshake that both generations of clients make. */
export const logins: readonly Use<RealCli>[] = [
  {
    name: 'a login with a shared secret: asked for once, kept for the next command; a wrong one keeps nothing',
    async run(cli) {
      const secret = cli.file('secret.yaml', 'Secret: open sesame\n')
      const Methods = { shared: { Type: 'ask', PolicyPath: secret } }
      const server = await cli.cluster.serveWith('asking', {
        API: { Auth: { AccessPolicyPath: 'policy_ns_anon', Methods } },
      })
      const env = { BACALHAU_API_PORT: String(server.port) }
      const [right, wrong] = [cli.file('right', 'open sesame\n'), cli.file('wrong', 'open\n')]
      await cli.refused(['job', 'list'], { env, stdin: wrong })
      equal(tokenFor(cli, server.port), undefined)
      const nonce = newNonce()
      const job = cli.jobFile(printJob(nonce))
      const id = idIn(await cli.ok(['job', 'run', job], { env, stdin: right }))
      match(String(tokenFor(cli, server.port)), /^ey/)
      match(await cli.ok(['job', 'logs', id], { env }), new RegExp(nonce))
    },
  },
  {
    name: 'a login with the key of the client: it lists what all may read, and submits into its own namespace alone',
    async run(cli) {
      const server = await cli.cluster.serveWith('knowing', { API: { Auth: { AccessPolicyPath: 'policy_ns_anon' } } })
      const env = { BACALHAU_API_PORT: String(server.port) }
      await cli.ok(['job', 'list'], { env })
      match(String(tokenFor(cli, server.port)), /^ey/)
      match(await cli.refused(['job', 'run', cli.jobFile(printJob(newNonce()))], { env }), /Access denied/)
      match(await cli.refused(['node', 'reject', 'knowing'], { env }), /Access denied/)
      const nonce = newNonce()
      const own = printJob(nonce, { Namespace: subjectOf(String(tokenFor(cli, server.port))) })
      match(await cli.ok(['job', 'run', '--follow', cli.jobFile(own)], { env }), new RegExp(nonce))
    },
  },
]

/** What the client keeps for a server of ours. */
function tokenFor({ folder }: RealCli, port: number): unknown {
  const file = join(folder, 'client/tokens.json')
  const tokens = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8') || '{}') as Record<string, unknown>) : {}
  return Object.entries(tokens).find(([url]) => url.endsWith(`:${port}`))?.[1]
}

/** Whom a token is for, which is also the name of its own namespace. */
function subjectOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(claims) as { sub: string }).sub
}
