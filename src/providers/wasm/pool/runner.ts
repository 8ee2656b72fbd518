import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { setPriority } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { LogSink } from '#contracts/log-sink.ts'
import { assert } from '#lib/assert.ts'
import type { Clock } from '#lib/clock.ts'
import type { ProgramWeb } from '../program-web.ts'
import { childFd, downHeaderBytes, frameKind, orderLimitBytes } from '../protocol/frames.ts'
import type { RunOrder, RunReport } from '../protocol/run-order.ts'
import { FrameReader } from './frame-reader.ts'

/** How a run ended: as the child reports, or with the child itself; `wasTaken` = the program may have run. */
export type RunEnd = { kind: 'reported'; report: RunReport } | { kind: 'died'; cause: string; wasTaken: boolean }

type Run = {
  sink: LogSink
  web: ProgramWeb
  settle: (end: RunEnd) => void
  report: Buffer[]
  request: Buffer[]
  /** Whether it waits for an answer; aborted when nobody waits any more. */
  asking: AbortController | undefined
  isTaken: boolean
}

const complaintLimitBytes = 4096
/** Time a child has to send what its guest has printed before it is killed. */
const farewellMs = 50
/** Bounds of a child, as far as the system knows them: no core files, few descriptors, data a bit above the largest memory. */
const limits = 'ulimit -c 0; ulimit -n 4096; ulimit -d 6291456'
/** Behind the node's own threads: a hundred programs that compute must not keep it from answering. */
const niceness = 10
/** Makes the kernel end it with the node: its lifeline cannot while it is stopped (see cpu-limit). */
const deadly = 'setpriv --pdeathsig KILL'

/**
 * A runner child as the node sees it. It gets no environment, no open file of ours, and dies with us: its lifeline ends.
 * One run at a time.
 */
export class Runner {
  /** Modules it has compiled, by digest, with their sizes; the least recently used first. */
  readonly modules = new Map<string, number>()
  /** Whether it came up: true at its first sign of life, false when it ended before. */
  readonly ready: Promise<boolean>
  /** Settles when nothing of the child is left. */
  readonly closed: Promise<void>
  readonly #child: ChildProcess | undefined
  readonly #clock: Clock
  readonly #frames = new FrameReader()
  readonly #complaints: Buffer[] = []
  readonly #onLoaded: (() => void)[] = []
  #run: Run | undefined
  #runs = 0
  #isReady = false
  #isClosed = false
  #sayReady: (isReady: boolean) => void = () => {}

  constructor(command: readonly string[], clock: Clock) {
    this.#clock = clock
    this.ready = new Promise((resolve) => (this.#sayReady = resolve))
    this.#child = startChild(command)
    for (const stream of this.#child?.stdio ?? []) stream?.on('error', () => {})
    this.#output?.on('data', (chunk: Buffer) => this.#take(chunk))
    this.#child?.stderr?.on('data', (chunk: Buffer) => this.#complain(chunk))
    this.closed = closing(this.#child).then(() => this.#end())
  }

  get isAlive(): boolean {
    return !this.#isClosed && this.#child?.exitCode === null && this.#child.signalCode === null
  }

  /** Runs it was given so far. */
  get runs(): number {
    return this.#runs
  }

  /** Its process; undefined when the system gave us none. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether it has come up at all. */
  get wasReady(): boolean {
    return this.#isReady
  }

  /** Runs one order and gives its output to the sink. Never rejects. */
  run(order: RunOrder, sink: LogSink, web: ProgramWeb): Promise<RunEnd> {
    assert(this.#run === undefined, 'a runner child does one run at a time')
    return new Promise((settle) => {
      this.#run = { sink, web, settle, report: [], request: [], asking: undefined, isTaken: false }
      this.#runs += 1
      if (this.#isClosed) return this.#end()
      const text = JSON.stringify(order)
      const message = Buffer.allocUnsafe(downHeaderBytes + Buffer.byteLength(text))
      message.write(text, downHeaderBytes)
      assert(message.length - downHeaderBytes <= orderLimitBytes, 'orders are bounded by the size of a job')
      this.#say(message)
    })
  }

  /** Has it called when the modules of its next run, or of this one, are compiled, if the order asks to be told. */
  onceLoaded(hear: () => void): void {
    this.#onLoaded.push(hear)
  }

  /** Takes the least recently used modules out of its books until the rest fits; the child must be told to forget them. */
  makeRoom(limitBytes: number, needed: readonly string[]): string[] {
    let sizeBytes = [...this.modules.values()].reduce((sum, each) => sum + each, 0)
    const forgotten: string[] = []
    for (const [digest, size] of this.modules) {
      if (sizeBytes <= limitBytes) break
      if (needed.includes(digest)) continue
      this.modules.delete(digest)
      forgotten.push(digest)
      sizeBytes -= size
    }
    return forgotten
  }

  /** Ends the child whatever it does, after it has sent what was printed; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#lifeline?.destroy()
    const timer = this.#clock.after(farewellMs, () => this.kill())
    await this.closed
    timer.stop()
  }

  /** With what it has started: a sandbox that is not up yet has a second process, which alone would be there for ever. */
  kill(): void {
    const { pid, exitCode, signalCode } = this.#child ?? {}
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      this.#child?.kill('SIGKILL')
    }
  }

  get #input(): Writable | undefined {
    return this.#child?.stdio[childFd.orders] as Writable | undefined
  }

  get #output(): Readable | undefined {
    return this.#child?.stdio[childFd.frames] as Readable | undefined
  }

  get #lifeline(): Socket | undefined {
    return this.#child?.stdio[childFd.lifeline] as Socket | undefined
  }

  /** A message with room for its length before it. */
  #say(message: Buffer): void {
    message.writeUInt32LE(message.length - downHeaderBytes, 0)
    this.#input?.write(message)
  }

  #take(chunk: Buffer): void {
    this.#frames.feed(chunk)
    this.#drain()
  }

  /** Hands on what has come; when the sink is full, stops reading until it is not. */
  #drain(): void {
    for (let piece = this.#frames.next(); piece !== undefined; piece = this.#frames.next()) {
      if (piece === null) return this.kill()
      const { kind, bytes, isEnd } = piece
      if (kind === frameKind.ready) this.#becomeReady()
      else if (this.#run === undefined) return this.kill()
      else if (kind === frameKind.taken) this.#run.isTaken = true
      else if (kind === frameKind.loaded) this.#sayLoaded()
      else if (kind === frameKind.report) this.#takeReport(bytes, isEnd)
      else if (kind === frameKind.request) this.#takeRequest(this.#run, bytes, isEnd)
      else if (kind === frameKind.stdout || kind === frameKind.stderr) {
        const full = bytes.length > 0 ? this.#run.sink.write(kind as 1 | 2, bytes) : undefined
        if (full) return this.#pauseUntil(full)
      } else return this.kill()
    }
  }

  #pauseUntil(isTaken: Promise<void>): void {
    this.#output?.pause()
    void isTaken.then(() => {
      this.#output?.resume()
      this.#drain()
    })
  }

  #becomeReady(): void {
    this.#isReady = true
    this.#sayReady(true)
  }

  #sayLoaded(): void {
    for (const hear of this.#onLoaded.splice(0)) hear()
  }

  #takeReport(bytes: Buffer, isEnd: boolean): void {
    this.#run?.report.push(bytes)
    if (!isEnd) return
    const report = readReport(Buffer.concat(this.#run?.report ?? []))
    if (report === undefined) return this.kill()
    for (const { digest, sizeBytes } of report.modules) {
      this.modules.delete(digest)
      this.modules.set(digest, sizeBytes)
    }
    this.#settle({ kind: 'reported', report })
  }

  /** A child waits for the answer before it asks again. */
  #takeRequest(run: Run, bytes: Buffer, isEnd: boolean): void {
    if (run.asking) return this.kill()
    run.request.push(bytes)
    if (!isEnd) return
    const asking = new AbortController()
    run.asking = asking
    const answered = (answer: Buffer) => {
      if (this.#run !== run) return
      run.asking = undefined
      this.#say(Buffer.concat([Buffer.alloc(downHeaderBytes), answer]))
    }
    run.web(Buffer.concat(run.request.splice(0)), asking.signal).then(answered, () => this.kill())
  }

  #complain(chunk: Buffer): void {
    const size = this.#complaints.reduce((sum, each) => sum + each.length, 0)
    if (size < complaintLimitBytes) this.#complaints.push(chunk)
  }

  #end(): void {
    this.#isClosed = true
    this.#sayReady(false)
    this.#settle({ kind: 'died', cause: this.cause, wasTaken: this.#run?.isTaken ?? false })
  }

  #settle(end: RunEnd): void {
    const run = this.#run
    this.#run = undefined
    this.#onLoaded.length = 0
    run?.asking?.abort(new Error('the program has ended'))
    run?.settle(end)
  }

  /** Why it ended, in words for a job's owner; what it complained of itself may name files of this machine. */
  get cause(): string {
    const complaints = Buffer.concat(this.#complaints).toString('latin1')
    if (/out of memory|OOM/i.test(complaints)) return 'it ran out of memory'
    const { signalCode, exitCode } = this.#child ?? {}
    return signalCode ? `it was ended by ${signalCode}` : `it ended with exit code ${exitCode ?? 'unknown'}`
  }
}

/** Undefined when the system gives us no process, or no descriptors for it. */
function startChild(command: readonly string[]): ChildProcess | undefined {
  const script = `{ ${limits}; } 2>/dev/null; unset PWD OLDPWD; ${deadly} true 2>/dev/null && exec ${deadly} "$@"; exec "$@"`
  try {
    const child = spawn('/bin/sh', ['-c', script, 'sh', ...command], {
      stdio: ['pipe', 'ignore', 'pipe', 'pipe', 'pipe'],
      env: {},
      cwd: '/',
      // A terminal's Ctrl-C is for us; we decide what happens to programs.
      detached: true,
    })
    if (child.stdio === undefined || child.pid === undefined) {
      child.once('error', () => {})
      return undefined
    }
    setPriority(child.pid, niceness)
    return child
  } catch {
    return undefined
  }
}

function closing(child: ChildProcess | undefined): Promise<unknown> {
  return child ? new Promise((resolve) => child.once('close', resolve).once('error', resolve)) : Promise.resolve()
}

function readReport(bytes: Buffer): RunReport | undefined {
  try {
    return JSON.parse(bytes.toString('utf8')) as RunReport
  } catch {
    return undefined
  }
}
