import { execFile } from 'node:child_process'

/** What a tool of this machine prints; '' when it is not there, or of no use. */
export type ToolOutput = (command: string, args: readonly string[]) => Promise<string>

/** Hears why a tool that is there was of no use: its command and the reason. */
export type OnToolTrouble = (command: string, reason: string) => void

const defaultLimitMs = 5_000

/**
 * Runs tools of this machine. One that does not answer in time is left alone after `limitMs`, even when it cannot be
 * killed: those that ask a broken driver hang in the kernel.
 */
export const toolOutput =
  (onTrouble: OnToolTrouble, limitMs = defaultLimitMs): ToolOutput =>
  (command, args) =>
    new Promise((resolve) => {
      const signal = AbortSignal.timeout(limitMs)
      const child = execFile(command, [...args], { signal, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
        if (!error) return resolve(stdout)
        // What cannot be killed does not keep us from ending either.
        if (signal.aborted) child.unref()
        if (error.code !== 'ENOENT') onTrouble(command, reasonOf(error, signal.aborted, limitMs, stderr))
        resolve('')
      })
    })

const reasonOf = (error: { code?: unknown; message: string }, isLate: boolean, limitMs: number, stderr: string) => {
  if (isLate) return `no answer within ${limitMs} ms`
  const [said = ''] = stderr.trim().split('\n')
  return typeof error.code === 'number' ? `exit code ${error.code}${said && `: ${said}`}` : error.message
}
