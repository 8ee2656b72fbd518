import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'

/** What a tool of this machine prints; '' when it is not there, or of no use. */
export type ToolOutput = (command: string, args: readonly string[]) => Promise<string>

/** Hears why a tool that is there was of no use: its command and the reason. */
export type OnToolTrouble = (command: string, reason: string) => void

const defaultLimitMs = 5_000
const mostBytes = 1_048_576

/**
 * Runs tools of this machine. One that does not answer in time is left alone after `limitMs`, even when it cannot be
 * killed: those that ask a broken driver hang in the kernel.
 */
export const toolOutput =
  (onTrouble: OnToolTrouble, limitMs = defaultLimitMs): ToolOutput =>
  async (command, args) => {
    // It leads a group of its own, so that what it has started ends with it.
    const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    try {
      return await outputOf(child, limitMs)
    } catch (error) {
      leaveAlone(child)
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT') onTrouble(command, message)
      return ''
    }
  }

const outputOf = (child: ChildProcess, limitMs: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const fail = (reason: string) => reject(new Error(reason))
    AbortSignal.timeout(limitMs).addEventListener('abort', () => fail(`no answer within ${limitMs} ms`))
    const onTooMuch = () => fail(`more than ${mostBytes} bytes of output`)
    const [stdout, stderr] = [textOf(child.stdout, onTooMuch), textOf(child.stderr, onTooMuch)]
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout())
      const [said = ''] = stderr().trim().split('\n')
      fail(code === null ? `ended by ${signal}` : `exit code ${code}${said && `: ${said}`}`)
    })
  })

/** What a stream says until its end. There is none where the process has no descriptor left. */
function textOf(stream: Readable | null, onTooMuch: () => void): () => string {
  const parts: Buffer[] = []
  let sizeBytes = 0
  stream?.on('data', (part: Buffer) => {
    parts.push(part)
    sizeBytes += part.length
    if (sizeBytes > mostBytes) onTooMuch()
  })
  return () => Buffer.concat(parts).toString('utf8')
}

/** What cannot be killed does not keep us from ending either. */
function leaveAlone(child: ChildProcess): void {
  child.stdout?.destroy()
  child.stderr?.destroy()
  child.unref()
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}
