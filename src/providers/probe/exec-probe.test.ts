import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SystemClock } from '#platform/clock.ts'
import { until } from '../../../test/kit/until.ts'
import { answerLimitMs } from './ask.ts'
import { execProbe } from './exec-probe.ts'

let folder: string
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'bacalhau-probe-'))))
afterAll(() => rm(folder, { recursive: true }))

const never = new AbortController().signal
const path = process.env.PATH ?? ''
const probe = (command: string, clock = new SystemClock()) => execProbe({ command, path }, clock)
const ask = (command: string, question = '{}') => probe(command)(question, never)

/** A clock whose long timers end when the test says so. */
class HeldClock extends SystemClock {
  endWait: () => void = () => {}
  override after(delayMs: number, run: () => void) {
    if (delayMs < answerLimitMs) return super.after(delayMs, run)
    this.endWait = run
    return { stop: () => {} }
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a command that judges jobs', () => {
  it('has the question in its input and its variable, and nothing else of the node', async () => {
    const both = '[ "$(cat)" = "$BACALHAU_JOB_SELECTION_PROBE_DATA" ]'
    expect(await ask(`${both} && ! env | grep -vE "^(PATH|BACALHAU_JOB_SELECTION_PROBE_DATA|PWD|SHLVL|_)="`)).toEqual({
      isYes: true,
    })
  })

  it('reads a question that is too long for a variable from its input [X19]', async () => {
    const question = JSON.stringify({ Job: 'x'.repeat(200_000) })
    expect(await ask(`[ "$(wc -c)" = ${question.length} ]`, question)).toEqual({ isYes: true })
  })

  it('refuses by its exit code, and says why when it complains', async () => {
    expect(await ask('exit 3')).toMatchObject({
      isYes: false,
      reason: 'this node does not accept jobs where external command "exit 3" returns exit code 3',
    })
    const verdict = await ask('echo too large >&2; exit 1')
    expect(verdict).toMatchObject({ isYes: false, reason: 'this node does not accept this job: too large' })
  })

  it('is kept short, however much it complains [X19]', async () => {
    const verdict = await ask('head -c 1000000 /dev/zero | tr "\\0" x >&2; exit 1')
    expect(verdict.isYes ? 0 : verdict.reason.length).toBeLessThan(5_000)
  })

  it('has not refused when it cannot be run: it may be asked again; nor when it does not read what it is asked', async () => {
    const missing = execProbe({ command: 'exit 0', path: '/nowhere' }, new SystemClock())('{}', never)
    const details = { FailureClass: 'transient' }
    await expect(missing).rejects.toMatchObject({ message: expect.stringContaining('ENOENT'), details })
    expect(await ask('exit 0', 'x'.repeat(5_000_000))).toEqual({ isYes: true })
  })

  it('that gives no answer in time has not refused, and nothing of it is left [X19]', async () => {
    const file = join(folder, 'pids')
    const clock = new HeldClock()
    const answer = probe(`sleep 600 & echo $$ $! > ${file}.new; mv ${file}.new ${file}; sleep 600`, clock)('{}', never)
    const pids = async () => (await readFile(file, 'utf8').catch(() => '')).split(' ').map(Number)
    await until('it runs', async () => (await pids()).length === 2)
    clock.endWait()
    const details = { FailureClass: 'transient' }
    await expect(answer).rejects.toMatchObject({
      message: expect.stringMatching(/ gives no answer within 30s$/),
      details,
    })
    const [shell = 0, child = 0] = await pids()
    await until('both are gone', () => !isAlive(shell) && !isAlive(child))
  })

  it('leaves nothing behind when it has answered, and is broken off with its execution', async () => {
    const file = join(folder, 'pid')
    expect(await ask(`sleep 600 & echo $! > ${file}`)).toEqual({ isYes: true })
    const left = Number(await readFile(file, 'utf8'))
    await until('what it started is gone', () => !isAlive(left))
    const cancelled = new AbortController()
    const answer = probe('sleep 600')('{}', cancelled.signal)
    cancelled.abort(new Error('cancelled'))
    await expect(answer).rejects.toThrow('cancelled')
  })
})
