import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Host } from '#cli/host.ts'
import { runCommandLine } from '#cli/program.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemDisk } from '#platform/disk.ts'
import { systemRandom } from '#platform/random.ts'

type CommandRun = { code: number; stdout: string; stderr: string }

type World = { env?: Record<string, string>; stdin?: string; interrupted?: AbortSignal }

export type CommandLine = {
  /** The data folder, which is not there yet. */
  readonly dataDir: string
  /** Where relative paths begin. */
  readonly cwd: string
  run(args: readonly string[], world?: World): Promise<CommandRun>
}

/** The command line in this process, with a home, a working folder and a data folder of its own, for one test. */
export function commandLine(): CommandLine {
  const root = mkdtempSync(join(tmpdir(), 'bacalhau-cli-'))
  // Deep enough for paths that lead upwards to stay inside.
  const home = join(root, 'home/of/user')
  mkdirSync(home, { recursive: true })
  const dataDir = join(home, '.bacalhau')
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return {
    dataDir,
    cwd: home,
    async run(args, { env = {}, stdin = '', interrupted = new AbortController().signal } = {}) {
      const said = { stdout: '', stderr: '' }
      const stream = (name: 'stdout' | 'stderr') => ({
        isTerminal: false,
        canRedraw: false,
        columns: undefined,
        write: (text: string | Uint8Array) => {
          said[name] += typeof text === 'string' ? text : Buffer.from(text).toString('utf8')
        },
      })
      const host: Host = {
        program: 'bacalhau',
        selfCommand: [],
        env,
        home,
        temporary: tmpdir(),
        resolve: (path) => resolve(home, path),
        stdin: {
          isTerminal: false,
          readAll: async () => Buffer.from(stdin),
          readLine: async (ask) => {
            ask?.()
            return stdin.split('\n')[0]
          },
        },
        stdout: stream('stdout'),
        stderr: stream('stderr'),
        disk: systemDisk,
        clock: new SystemClock(),
        random: systemRandom,
        interrupted,
        lasts: () => {},
      }
      return { code: await runCommandLine(args, host), ...said }
    },
  }
}
