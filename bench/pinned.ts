import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** The server gets the first core for itself and the load the second; with one core they share it. */
const hasTwoCores = availableParallelism() > 1

/** Starts a program, and all it starts, on the server's core. `input`: whether it is given any. */
export function spawnOnServerCore(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  input: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const [program, ...rest] = hasTwoCores ? ['taskset', '-c', '0', command, ...args] : [command, ...args]
  return spawn(program, rest, { env, stdio: [input, 'pipe', 'pipe'] })
}

/** Runs a program to its end on the server's core; what it printed. */
export function runOnServerCore(command: string): string {
  const [program = '', ...rest] = hasTwoCores ? ['taskset', '-c', '0', command] : [command]
  return execFileSync(program, rest, { encoding: 'utf8' })
}

/** Lets a program that was started on the server's core have all of them, and what it starts from now on too. */
export function useAllCores(pid: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', `0-${availableParallelism() - 1}`, String(pid)], { stdio: 'ignore' })
}

/** Puts this process on the load's core. */
export function moveToLoadCore(): void {
  if (hasTwoCores) execFileSync('taskset', ['-a', '-c', '-p', '1', String(process.pid)], { stdio: 'ignore' })
}

/** Asks a process to end, waits, and returns after how many ms it was gone. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return 0
  const started = performance.now()
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  await gone
  return performance.now() - started
}
