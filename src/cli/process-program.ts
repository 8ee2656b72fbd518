import { withEnvFiles } from '#platform/dot-env.ts'
import type { Host } from './host.ts'
import { processHost } from './process-host.ts'
import { runCommandLine } from './program.ts'
import { warn } from './tell.ts'

/** The exit code for what must not happen. */
const bugCode = 2

/** The program as a process: runs the command line, lets everything be written, ends. */
export async function runProgram(argv: readonly string[], argv0: string, own: Host['env']): Promise<void> {
  const program = /(?:^|[\\/])node(?:\.exe)?$/.test(argv0) ? 'bacalhau' : argv0
  const unread: string[] = []
  const env = withEnvFiles(own, (sentence) => unread.push(sentence))
  const host = processHost(program, env, (code) => process.exit(code))
  for (const sentence of unread) warn(host.stderr, sentence)
  const code = await runCommandLine(argv, host).catch((error: unknown) => {
    host.stderr.write(`This is a bug of ${program}:\n${error instanceof Error ? error.stack : String(error)}\n`)
    return bugCode
  })
  await Promise.all([process.stdout, process.stderr].map(written))
  process.exit(code)
}

const written = (stream: NodeJS.WriteStream): Promise<void> => new Promise((done) => stream.write('', () => done()))
