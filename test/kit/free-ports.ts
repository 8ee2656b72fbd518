import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Below what the machine gives to who asks for any port, and to who connects: nobody takes one by chance. None is barred to `fetch`. */
const [first, end] = [10_100, 20_100]

/** Other processes of tests begin elsewhere, and this one gives out none again: who had it may come back to it. */
let next = first + (process.pid % 100) * 100

/** Which process of tests has which port, so that two do not find the same one free before either listens there. */
const claims = join(tmpdir(), 'bacalhau-test-ports')
const own: string[] = []
process.on('exit', () => {
  for (const claim of own) rmSync(claim, { force: true })
})

/** Ports that nobody listens on, for who must know them before somebody does, or must have the same again after a restart. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = next
    next = port + 1 < end ? port + 1 : first
    if (isClaimed(port) && (await isFree(port))) ports.push(port)
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

/** Whether it is ours now. What a process has left that is gone is nobody's. */
function isClaimed(port: number): boolean {
  const claim = join(claims, String(port))
  mkdirSync(claims, { recursive: true })
  try {
    writeFileSync(claim, String(process.pid), { flag: 'wx' })
  } catch {
    if (isHeld(claim)) return false
    writeFileSync(claim, String(process.pid))
  }
  own.push(claim)
  return true
}

const isHeld = (claim: string): boolean => {
  try {
    return process.kill(Number(readFileSync(claim, 'utf8')), 0)
  } catch {
    return false
  }
}

/** On no address of this machine: some servers listen on all of them. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)))
  })
