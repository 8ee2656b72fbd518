import { homedir, tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { isSea } from 'node:sea'
import { isatty } from 'node:tty'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { shortLivedRandom } from '#platform/random.ts'
import { type Host, Signalled, type SignalName } from './host.ts'
import type { Out } from './out.ts'
import { lineReader } from './stdin-lines.ts'

/** The real world. `exit` ends the process at once. */
export function processHost(program: string, environment: Host['env'], exit: (code: number) => void): Host {
  const { interrupted, interrupt } = signals(exit)
  let onReaderGone = (): void => exit(0)
  const readerGone = (): void => onReaderGone()
  return {
    program,
    selfCommand: isSea() ? [process.execPath] : [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    env: environment,
    home: environment.HOME || homedir(),
    temporary: tmpdir(),
    resolve: (path) => resolve(path),
    stdin: { isTerminal: isatty(0), readAll: readStdin, readLine: lineReader(() => process.stdin, interrupted) },
    stdout: streamOut(process.stdout, environment, readerGone),
    stderr: streamOut(process.stderr, environment, readerGone),
    disk: systemDisk,
    clock: new SystemClock(),
    random: shortLivedRandom,
    interrupted,
    lasts: () => {
      onReaderGone = () => interrupt('SIGPIPE')
    },
  }
}

function streamOut(stream: NodeJS.WriteStream, env: Host['env'], readerGone: () => void): Out {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') readerGone()
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

function signals(exit: (code: number) => void) {
  const controller = new AbortController()
  const interrupt = (name: SignalName): void => controller.abort(new Signalled(name))
  // Only who asked before asks again: a program that already ends because nobody reads it was not asked yet.
  let isAsked = false
  for (const name of ['SIGINT', 'SIGTERM'] satisfies SignalName[]) {
    process.on(name, () => {
      if (isAsked) exit(name === 'SIGINT' ? 130 : 143)
      isAsked = true
      interrupt(name)
    })
  }
  return { interrupted: controller.signal, interrupt }
}
