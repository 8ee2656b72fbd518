import { no, yes } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { type Ask, inTime } from './ask.ts'
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
    const refuse = (why: string) =>
      no(`this node does not accept jobs where external command ${quoted(command)} ${why}`)
    try {
      const order = { command, environment, stdin: question }
      const { exitCode, stderr } = await inTime(clock, signal, (within) => runShell(order, clock, within))
      if (exitCode === 0) return yes
      const reason = stderr.trim()
      return reason ? no(`this node does not accept this job: ${reason}`) : refuse(`returns exit code ${exitCode}`)
    } catch (error) {
      signal.throwIfAborted()
      return refuse(messageOf(error))
    }
  }

const quoted = (text: string): string => JSON.stringify(text)
