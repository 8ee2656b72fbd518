import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { busyboxImage } from './busybox-image.ts'
import { engineFolder, removeEngineFolder } from './engine-folder.ts'

/** A container engine that tests may use: `host` is a DOCKER_HOST value, `stop` ends it when it was started for them. */
export type TestEngine = { host: string; stop(): Promise<void> }

/** One that can go away and come back, with what it had. */
export type OwnEngine = TestEngine & {
  end(signal: NodeJS.Signals): Promise<void>
  comeBack(): Promise<void>
}

/** How an engine is started: its program and arguments, given its own folder and socket, and what it leaves to be undone. */
export type EngineProgram = {
  command: (dir: string, socket: string) => string[]
  env?: (dir: string) => Record<string, string>
  /** The pid file of another process that ends with it, and must have before it can come back. */
  companion?: (dir: string) => string
  afterEnd?: (dir: string) => void
}

/** For a machine that does much else; before the end of any hook, so that it is told what did not answer. */
const startLimitMs = 50_000

/** Images of every engine we start; all are one static busybox, as in the recordings. */
const testImages = ['busybox', 'ubuntu', 'alpine']

/** Starts the first of the programs that does not end at once, in a folder of its own, with the test images in it. */
export async function startEngine(name: string, ...programs: EngineProgram[]): Promise<OwnEngine> {
  const dir = await engineFolder()
  const socket = join(dir, 'engine.sock')
  for (const program of programs) {
    let daemon = await running(dir, socket, program)
    if (!daemon) continue
    const end = async (signal: NodeJS.Signals) => {
      if (daemon) await ended(daemon, signal)
      if (program.companion) await gone(program.companion(dir))
    }
    const comeBack = async () => {
      daemon = await running(dir, socket, program)
      if (!daemon) throw new Error(`${name} does not come back: ${lastLines(dir)}`)
    }
    const stop = async () => {
      await end('SIGTERM')
      program.afterEnd?.(dir)
      removeEngineFolder(dir)
    }
    try {
      const image = busyboxImage()
      for (const repository of testImages) await importImage(socket, repository, image)
    } catch (error) {
      await stop()
      throw error
    }
    return { host: `unix://${socket}`, stop, end, comeBack }
  }
  throw new Error(`${name} does not start: ${lastLines(dir)}`)
}

/** Waits until it answers; `undefined` when it ended instead. One that is only slow is no reason to try another program. */
async function running(dir: string, socket: string, program: EngineProgram): Promise<ChildProcess | undefined> {
  const script = `exec ${endsWithUs()} "$@" >"$0" 2>&1`
  const daemon = spawn('/bin/sh', ['-c', script, join(dir, 'log'), ...program.command(dir, socket)], {
    stdio: 'ignore',
    // Podman leaves a file where it runs when a container has lacked memory.
    cwd: dir,
    env: { ...process.env, ...program.env?.(dir) },
  })
  for (const giveUp = Date.now() + startLimitMs; Date.now() < giveUp; await sleep(50)) {
    if (hasEnded(daemon)) return undefined
    if (await answers(socket)) return daemon
  }
  await ended(daemon, 'SIGTERM')
  throw new Error(`the engine does not answer after ${startLimitMs / 1000} s: ${lastLines(dir)}`)
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

async function answers(socket: string): Promise<boolean> {
  return ask(socket, 'GET', '/_ping').then(
    ({ status }) => status === 200,
    () => false,
  )
}

async function importImage(socket: string, name: string, tar: Buffer): Promise<void> {
  const query = new URLSearchParams({ fromSrc: '-', repo: name, tag: 'latest', changes: 'CMD ["/bin/sh"]' })
  const { status, body } = await ask(socket, 'POST', `/images/create?${query}`, tar)
  if (status !== 200 || body.includes('"error"')) throw new Error(`cannot import the image ${name}: ${body}`)
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: Buffer,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/x-tar', 'Content-Length': body.length } : {}
    const asked = request({ socketPath, method, path, headers, timeout: startLimitMs }, (answer) => {
      text(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject)
    })
    asked.on('error', reject)
    asked.on('timeout', () => asked.destroy(new Error('no answer')))
    asked.end(body)
  })
}

/** Has the kernel end the daemon when this process dies without a chance to. */
export const endsWithUs = (): string => (existsSync('/usr/bin/setpriv') ? 'setpriv --pdeathsig TERM' : '')

/** Signals the daemon and waits for its end. */
function ended(daemon: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(daemon)) return Promise.resolve()
  return new Promise((resolve) => {
    daemon.once('exit', () => resolve())
    daemon.kill(signal)
  })
}

async function gone(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return
  const pid = readFileSync(pidFile, 'utf8').trim()
  while (existsSync(`/proc/${pid}`)) await sleep(20)
}

const lastLines = (dir: string): string => readFileSync(join(dir, 'log'), 'utf8').split('\n').slice(-6).join('\n')
