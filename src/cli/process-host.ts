import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { isSea } from 'node:sea'
import { isatty } from 'node:tty'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { systemRandom } from '#platform/random.ts'
import { type Host, Signalled, type SignalName } from './host.ts'
import type { Out } from './out.ts'
import { lineReader } from './stdin-lines.ts'

/** The real world. `exit` ends the process at once. */
export function processHost(program: string, environment: Host['env'], exit: (code: number) => void): Host {
  const interrupted = signals(exit)
  return {
    program,
    selfCommand: isSea() ? [process.execPath] : [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    env: environment,
    home: environment.HOME || homedir(),
    temporary: tmpdir(),
    resolve: (path) => resolve(path),
    stdin: { isTerminal: isatty(0), readAll: readStdin, readLine: lineReader(() => process.stdin, interrupted) },
    stdout: streamOut(process.stdout, environment, exit),
    stderr: streamOut(process.stderr, environment, exit),
    disk: systemDisk,
    clock: new SystemClock(),
    random: systemRandom,
    interrupted,
  }
}

/** A reader that went away (`| head`) ends the command quietly. */
function streamOut(stream: NodeJS.WriteStream, env: Host['env'], exit: (code: number) => void): Out {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') exit(0)
  })
  return {
    isTerminal: stream.isTTY === true,
    canRedraw: stream.isTTY === true && env.TERM !== 'dumb',
    get columns() {
      return stream.isTTY ? stream.columns || undefined : undefined
    },
    write: (text) => {
      stream.write(text)
    },
  }
}

async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array)
  return Buffer.concat(chunks)
}

function signals(exit: (code: number) => void): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] satisfies SignalName[]) {
    process.on(name, () => {
      if (controller.signal.aborted) exit(name === 'SIGINT' ? 130 : 143)
      controller.abort(new Signalled(name))
    })
  }
  return controller.signal
}
