import { type ChildProcess, spawn } from 'node:child_process'
import type { FileHandle } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import type { Clock } from '#lib/clock.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { type Inhabitant, inNetwork, openNetwork } from './enter-network.ts'

export type Listening = {
  inhabitant: Inhabitant
  /** How this program starts itself as the one that opens the port. */
  command: readonly string[]
  clock: Clock
  take: (connection: Socket) => void
}

const patienceMs = 20_000

/**
 * A server of this process on a port inside the network of a container. Needs the right to enter it: root, and `nsenter`.
 * Throws a Fault of class `node` when that cannot be had, or the port is taken there.
 */
export async function openListener({ inhabitant, command, clock, take }: Listening): Promise<Server> {
  let network: FileHandle | undefined
  try {
    network = await openNetwork(inhabitant, clock)
    const child = spawn(...inNetwork(4, command), { stdio: ['ignore', 'ignore', 'pipe', 'ipc', network.fd] })
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
