import { type ChildProcess, spawn } from 'node:child_process'
import type { Clock } from '#lib/clock.ts'

export type ShellOrder = {
  /** For `bash -c`. */
  command: string
  environment: Readonly<Record<string, string>>
  stdin: string
}
/** A command that was ended by a signal has exit code -1. */
export type ShellEnd = { exitCode: number; stderr: string }

/** More of its complaints is not kept. */
const complaintLimitBytes = 4096
/** What hides from the kill of its group may hold our end of its output open: that long, and no longer. */
const farewellMs = 100

/**
 * Runs a command to its end, which is also the end of everything it has started. Rejects when it cannot be started, and with
 * the signal's reason when that is aborted.
 */
export async function runShell(order: ShellOrder, clock: Clock, signal: AbortSignal): Promise<ShellEnd> {
  signal.throwIfAborted()
  // Bash takes the pipe of its input for a network login, and would read the operator's own settings.
  const child = spawn('bash', ['--norc', '-c', order.command], {
    env: order.environment,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  })
  const complaints = beginningOf(child)
  const kill = (): void => killGroup(child)
  signal.addEventListener('abort', kill)
  // A command need not read the question.
  child.stdin.on('error', () => {}).end(order.stdin)
  child.on('exit', () => {
    killGroup(child)
    clock.after(farewellMs, () => child.stderr.destroy())
  })
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code) => resolve(code ?? -1))
    })
    signal.throwIfAborted()
    return { exitCode, stderr: complaints() }
  } finally {
    signal.removeEventListener('abort', kill)
  }
}

function beginningOf(child: ChildProcess): () => string {
  const parts: Buffer[] = []
  let sizeBytes = 0
  child.stderr?.on('data', (part: Buffer) => {
    if (sizeBytes < complaintLimitBytes) parts.push(part.subarray(0, complaintLimitBytes - sizeBytes))
    sizeBytes += part.length
  })
  return () => Buffer.concat(parts).toString('utf8')
}

/** The child leads its group, so its number is the group's. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}
