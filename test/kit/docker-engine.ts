import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { busyboxImage } from './busybox-image.ts'

/** A Docker engine that tests may use: `host` is a DOCKER_HOST value, `stop` ends it when it was started for them. */
export type DockerEngine = { host: string; stop(): Promise<void> }

const startLimitMs = 30_000

/** Images of every engine we start; all are one static busybox, as in the recordings. */
const testImages = ['busybox', 'ubuntu', 'alpine']

/**
 * Starts an engine of its own in a temporary folder, with its own socket and the test images in it. `undefined` when Docker is
 * not installed or we may not start it. An engine that DOCKER_HOST names is taken as it is.
 */
export async function dockerEngine(env: NodeJS.ProcessEnv = process.env): Promise<DockerEngine | undefined> {
  if (env['DOCKER_HOST']) return { host: env['DOCKER_HOST'], stop: async () => {} }
  if (!canStartDocker()) return undefined
  const dir = mkdtempSync(join(tmpdir(), 'bacalhau-docker-'))
  const socket = join(dir, 'docker.sock')
  const daemon = (await startDaemon(dir, [])) ?? (await startDaemon(dir, ['--storage-driver', 'vfs']))
  if (!daemon) throw new Error(`dockerd does not start: ${lastLines(dir)}`)
  const stop = async () => {
    await ended(daemon)
    // The daemon keeps the host's network namespace mounted once a container has used it.
    spawnSync('umount', ['-q', join(dir, 'exec/netns/default')])
    rmSync(dir, { recursive: true, force: true })
  }
  try {
    const image = busyboxImage()
    for (const name of testImages) await importImage(socket, name, image)
  } catch (error) {
    await stop()
    throw error
  }
  return { host: `unix://${socket}`, stop }
}

/** Whether dockerd and a static busybox are installed and we are root, which dockerd needs. */
export function canStartDocker(): boolean {
  return (
    process.getuid?.() === 0 && ['/usr/sbin/dockerd', '/usr/bin/dockerd'].some(existsSync) && existsSync('/bin/busybox')
  )
}

/** Runs until it answers; `undefined` when it ended instead. */
async function startDaemon(dir: string, extra: string[]): Promise<ChildProcess | undefined> {
  const socket = join(dir, 'docker.sock')
  const folders = ['--data-root', join(dir, 'data'), '--exec-root', join(dir, 'exec'), '--pidfile', join(dir, 'pid')]
  const args = [
    '-c',
    `exec ${endsWithUs()} dockerd "$@" >"$0" 2>&1`,
    join(dir, 'log'),
    ...folders,
    '-H',
    `unix://${socket}`,
    ...extra,
  ]
  const daemon = spawn('/bin/sh', args, { stdio: 'ignore' })
  for (const giveUp = Date.now() + startLimitMs; Date.now() < giveUp; await sleep(50)) {
    if (daemon.exitCode !== null) return undefined
    if (await answers(socket)) return daemon
  }
  await ended(daemon)
  return undefined
}

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
const endsWithUs = (): string => (existsSync('/usr/bin/setpriv') ? 'setpriv --pdeathsig TERM' : '')

/** Asks the daemon to end and waits for it; it stops its containers and containerd itself. */
function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    daemon.once('exit', () => resolve())
    daemon.kill('SIGTERM')
  })
}

const lastLines = (dir: string): string => readFileSync(join(dir, 'log'), 'utf8').split('\n').slice(-6).join('\n')
