import { spawn } from 'node:child_process'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import type { Clock } from '#lib/clock.ts'

/** A process in the network of a container, and the arguments it was started with. */
export type Inhabitant = { pid: number; args: readonly string[] }

const mostLooks = 500
const lookPauseMs = 10

/**
 * The network of a process, held open. The process is looked at after its network is open: then it cannot be the network of another
 * that got its number. One that was started just now is the engine's own for a moment longer.
 */
export async function openNetwork({ pid, args }: Inhabitant, clock: Clock): Promise<FileHandle> {
  for (let tries = 1; ; tries++) {
    const network = await open(`/proc/${pid}/ns/net`)
    const found = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (found === args.map((each) => `${each}\0`).join('')) return network
    await network.close()
    if (tries === mostLooks) throw new Error(`process ${pid} is not the container's`)
    await clock.sleep(lookPauseMs)
  }
}

/** A command that runs in the network which the child has open under this descriptor. */
export const inNetwork = (fd: number | 'self', command: readonly string[]): [string, string[]] => {
  const path = fd === 'self' ? '/proc/self/ns/net' : `/proc/self/fd/${fd}`
  return ['nsenter', [`--net=${path}`, '--', ...command]]
}

/** Whether this process may run a command in networks at all: tried in its own, which takes the same right. */
export const runsInNetworks = (command: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(...inNetwork('self', command), { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
