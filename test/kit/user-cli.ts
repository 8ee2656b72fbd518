import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CliInvocation, type CliRun, runCli } from '../wire/cli-process.ts'

type Options = Pick<CliInvocation, 'stdin' | 'pty' | 'keys' | 'signal'> & { env?: Record<string, string> }

/** A user with a home of their own, whose commands ask one server. */
export async function userOf(server: { port: number }) {
  const home = await mkdtemp(join(tmpdir(), 'bacalhau-user-'))
  const data = join(home, 'data')
  const tokens = join(data, 'tokens.json')
  return {
    data,
    url: `http://127.0.0.1:${server.port}`,
    run: (args: readonly string[], { env = {}, ...options }: Options = {}): Promise<CliRun> =>
      runCli({
        args: ['--api-host', '127.0.0.1', '--api-port', String(server.port), ...args],
        cwd: home,
        env: { PATH: process.env.PATH ?? '', HOME: home, BACALHAU_DIR: data, TERM: 'xterm', ...env },
        timeoutMs: 60_000,
        ...options,
      }),
    tokens: async (): Promise<unknown> => JSON.parse(await readFile(tokens, 'utf8')),
    tokensMode: async () => (await stat(tokens)).mode & 0o777,
    leave: () => rm(home, { recursive: true, force: true }),
  }
}
