import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

export type CliRun = { exit: number; stdout: string; stderr: string }
export type CliInvocation = {
  args: readonly string[]
  cwd: string
  env: Readonly<Record<string, string>>
  stdin?: string
  pty?: { cols: number; rows: number }
  /** What the user types on the terminal once it shows something. */
  keys?: { text: string; when: (stdout: string) => boolean }
  signal?: { name: NodeJS.Signals; when: (stdout: string) => boolean }
  timeoutMs: number
}

const root = resolve(import.meta.dirname, '../..')
/** `BACALHAU_BINARY` names another build of it. */
const executable = process.env.BACALHAU_BINARY ?? join(root, 'dist/bacalhau')

/** Our program: the executable when it is newer than the sources, else the sources themselves. */
export const cliCommand: readonly string[] = isFresh()
  ? [executable]
  : [process.execPath, '--conditions=source', '--disable-warning=ExperimentalWarning', join(root, 'src/cli/main.ts')]

function isFresh(): boolean {
  if (process.env.BACALHAU_BINARY) return true
  if (!existsSync(executable)) return false
  const built = statSync(executable).mtimeMs
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .every((file) => statSync(join(root, 'src', file)).mtimeMs <= built)
}

/** Runs the program to its end. With `pty` everything it writes is in `stdout`. */
export async function runCli(invocation: CliInvocation): Promise<CliRun> {
  const { pty, cwd, env, stdin = '', signal, keys, timeoutMs } = invocation
  const words = [...cliCommand, ...invocation.args]
  const [program = '', ...args] = pty ? onTerminal(words, pty) : words
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    argv0: pty ? undefined : argv0Of(words),
  })
  let stdout = ''
  let stderr = ''
  let isSignalled = false
  let hasTyped = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    if (keys && !hasTyped && keys.when(stdout)) {
      hasTyped = true
      child.stdin.write(keys.text)
    }
    if (!signal || isSignalled || !signal.when(stdout)) return
    isSignalled = true
    if (pty) child.stdin.write('\x03')
    else child.kill(signal.name)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => {})
  if (!pty) child.stdin.end(stdin)
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const exit = await new Promise<number>((ended) => {
    child.on('close', (code, killedBy) => ended(code ?? (killedBy === 'SIGKILL' ? -1 : -2)))
  })
  clearTimeout(timer)
  child.stdin.destroy()
  return { exit, stdout, stderr }
}

/** The executable shows its name as it was typed. */
const argv0Of = (words: readonly string[]): string | undefined => (words[0] === executable ? 'bacalhau' : undefined)

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`
const onTerminal = (words: readonly string[], { cols, rows }: { cols: number; rows: number }): string[] => {
  const [program = '', ...rest] = words
  const named = program === executable ? `exec -a bacalhau ${quote(program)}` : `exec ${quote(program)}`
  const line = `stty cols ${cols} rows ${rows}; ${named} ${rest.map(quote).join(' ')}`
  return ['script', '-qec', `exec bash -c ${quote(line)}`, '/dev/null']
}
