import { type ChildProcess, spawn } from 'node:child_process'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'

export type Listening = {
  /** A process in the network of the container, and the arguments it was started with. */
  pid: number
  args: readonly string[]
  /** How this program starts itself as the one that opens the port. */
  command: readonly string[]
  clock: Clock
  take: (connection: Socket) => void
}

const patienceMs = 20_000
const mostLooks = 500
const lookPauseMs = 10

/**
 * A server of this process on a port inside the network of a container. Needs the right to enter it: root, and `nsenter`.
 * Throws a Fault of class `node` when that cannot be had, or the port is taken there.
 */
export async function openListener({ pid, args, command, clock, take }: Listening): Promise<Server> {
  let network: FileHandle | undefined
  try {
    network = await networkOf(pid, args, clock)
    const [program = '', ...rest] = inNetwork(command)
    const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe', 'ipc', network.fd] })
    const inner = await handedOver(child, clock)
    // Half-open, as HTTP is spoken by those who say all they have to say and close.
    const server = createServer({ allowHalfOpen: true }, take)
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(inner, resolve))
    return server
  } catch (error) {
    throw new Fault('ServiceUnavailable', `cannot open a port in the network of a container: ${messageOf(error)}`, {
      component: 'Docker',
      details: { FailureClass: 'node' },
      cause: error,
    })
  } finally {
    await network?.close()
  }
}

/**
 * The process is looked at after its network is open: then it cannot be the network of another that got its number. One that was
 * started just now is the engine's own for a moment longer.
 */
async function networkOf(pid: number, args: readonly string[], clock: Clock): Promise<FileHandle> {
  for (let tries = 1; ; tries++) {
    const network = await open(`/proc/${pid}/ns/net`)
    const found = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (found === args.map((each) => `${each}\0`).join('')) return network
    await network.close()
    if (tries === mostLooks) throw new Error(`process ${pid} is not the container's`)
    await clock.sleep(lookPauseMs)
  }
}

/** The fourth descriptor after the standard ones and ours is the network to enter. */
const inNetwork = (command: readonly string[]): string[] => ['nsenter', '--net=/proc/self/fd/4', '--', ...command]

function handedOver(child: ChildProcess, clock: Clock): Promise<Server> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(0, 2000)
    })
    const timer = clock.after(patienceMs, () => child.kill('SIGKILL'))
    child.on('message', (text, handle) => (handle ? resolve(handle as Server) : reject(new Error(String(text)))))
    child.on('error', reject)
    child.on('close', (code) => {
      timer.stop()
      reject(new Error(said.trim() || `it ended with ${code ?? 'a signal'}`))
    })
  })
}

/** Whether this process may enter networks at all: tried on its own, which takes the same right. */
export const mayEnterNetworks = (): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn('nsenter', ['--net=/proc/self/ns/net', '--', 'true'], { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
