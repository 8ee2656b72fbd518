import { type SpawnOptions, spawn } from 'node:child_process'

/** Thrown when a program that a tool runs does not end well; the message has what it printed. */
export class ProgramFailed extends Error {}

/** Runs a program to its end and returns what it wrote to stdout; anything but exit code 0 throws with its output. */
export function run(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
    const out: Buffer[] = []
    const both: Buffer[] = []
    child.stdout?.on('data', (data: Buffer) => void (out.push(data), both.push(data)))
    child.stderr?.on('data', (data: Buffer) => both.push(data))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(Buffer.concat(out).toString())
      else
        reject(new ProgramFailed(`${command} ${args.join(' ')} ended with ${signal ?? code}\n${Buffer.concat(both)}`))
    })
  })
}
