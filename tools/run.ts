import { type SpawnOptions, spawn } from 'node:child_process'

/** Thrown when a program that a tool runs does not end well; the message has what it printed. */
export class ProgramFailed extends Error {}

/**
 * Runs a program to its end and returns what it wrote to stdout; anything but exit code 0 throws with its output.
 * Aborting asks it to end, a detached one with all it has started, and still waits for it.
 */
export function run(command: string, args: string[], { signal, ...options }: SpawnOptions = {}): Promise<string> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    const end = () => child.pid && process.kill(options.detached ? -child.pid : child.pid, 'SIGTERM')
    const out: Buffer[] = []
    const both: Buffer[] = []
    child.stdout?.on('data', (data: Buffer) => void (out.push(data), both.push(data)))
    child.stderr?.on('data', (data: Buffer) => both.push(data))
    child.on('error', reject)
    child.on('exit', () => signal?.removeEventListener('abort', end))
    child.on('close', (code, name) => {
      if (code === 0) resolve(Buffer.concat(out).toString())
      else reject(new ProgramFailed(`${command} ${args.join(' ')} ended with ${name ?? code}\n${Buffer.concat(both)}`))
    })
    signal?.addEventListener('abort', end)
  })
}
