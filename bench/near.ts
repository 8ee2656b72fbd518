import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { heapFlags } from '../tools/build/executable.ts'
import { Fleet, roomy } from './fleet.ts'
import { ended, spawnOnServerCore } from './pinned.ts'

/** What the nodes do: tell that they are alive, or run jobs. */
type Doing = 'beats' | 'jobs'

/** An orchestrator with most of its nodes in its own process (`near-fleet.ts`), and the others over TCP. */
export type NearFleet = {
  pid: number
  far: Fleet
  /** The next number that it prints. */
  said: () => Promise<number>
  /** Gives it a line to read. */
  tell: (line: number) => void
}

export async function withNearFleet(
  doing: Doing,
  near: number,
  far: number,
  use: (fleet: NearFleet) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-bench-'))
  const child = spawnScript('near-fleet.ts', [join(folder, 'state.db'), String(near), doing])
  try {
    const lines = createInterface(child.stdout as NodeJS.ReadableStream)[Symbol.asyncIterator]()
    const said = async (): Promise<number> => numberIn((await lines.next()).value)
    const fleet = await Fleet.join({ bus: await said() }, far, roomy)
    try {
      await use({ pid: child.pid!, far: fleet, said, tell: (line) => void child.stdin?.write(`${line}\n`) })
    } finally {
      await fleet.close()
    }
  } finally {
    await ended(child, 'SIGTERM')
    await rm(folder, { recursive: true })
  }
}

/** What such near nodes take by themselves (`lone-nodes.ts`). */
export async function shareOfLoneNodes(doing: Doing, near: number, rounds: number): Promise<number> {
  const child = spawnScript('lone-nodes.ts', [String(near), doing, String(rounds)])
  let said = ''
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) said += line
  return numberIn(said)
}

function spawnScript(name: string, words: string[]): ChildProcess {
  const script = join(import.meta.dirname, name)
  const child = spawnOnServerCore(
    process.execPath,
    [...heapFlags, '--conditions=source', script, ...words],
    process.env,
    'pipe',
  )
  child.stderr?.pipe(process.stderr)
  return child
}

function numberIn(said: unknown): number {
  const number = Number(said)
  if (said === '' || !(number >= 0)) throw new Error(`it said ${JSON.stringify(said)}`)
  return number
}
