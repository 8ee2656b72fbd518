import { no, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { type Ask, inTime, unanswered } from './ask.ts'
import { runShell } from './shell-command.ts'

export type ExecProbeSettings = {
  command: string
  /** Where the command finds its programs. */
  path: string
}

const questionVariable = 'BACALHAU_JOB_SELECTION_PROBE_DATA'
/** The system starts no program with a longer variable; the question is in its input in any case. */
const variableLimitBytes = 128 * 1024 - questionVariable.length - 2

/** A command that accepts a job by exit code 0. It has the question in its input and in a variable, and what it complains of is the reason. */
export const execProbe =
  ({ command, path }: ExecProbeSettings, clock: Clock): Ask =>
  async (question, signal) => {
    const isShort = Buffer.byteLength(question) <= variableLimitBytes
    const environment = { PATH: path, ...(isShort ? { [questionVariable]: question } : {}) }
    const judge = `external command ${quoted(command)}`
    const order = { command, environment, stdin: question }
    const run = inTime(clock, signal, (within) => runShell(order, clock, within))
    const { exitCode, stderr } = await run.catch((error: unknown) => {
      signal.throwIfAborted()
      throw unanswered(judge, messageOf(error))
    })
    if (exitCode === 0) return yes
    const reason = stderr.trim()
    return reason
      ? no(`this node does not accept this job: ${reason}`)
      : no(`this node does not accept jobs where ${judge} returns exit code ${exitCode}`)
  }

const quoted = (text: string): string => JSON.stringify(text)
