import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection } from './connection.ts'
import { median } from './figures.ts'
import { spread, timed, withConnections } from './load.ts'
import { ended, spawnOnServerCore } from './pinned.ts'

/** What the machine gives without us: see limit-server.ts. */
export type Limits = {
  /** Ms of a bare HTTP round trip, and of one with a synced write. */
  roundTripMs: number
  syncedMs: number
  /** Synced writes a second by number of connections. */
  syncedPerSecond: Record<number, number>
}

export const connectionCounts = [1, 8, 32]

/** Measured with the same load, pinning and disk as the product. */
export async function measureLimits(requests = 4000): Promise<Limits> {
  const dir = await mkdtemp(join(tmpdir(), 'bacalhau-limit-'))
  const script = join(import.meta.dirname, 'limit-server.ts')
  const server = spawnOnServerCore(process.execPath, [script, join(dir, 'file')], process.env)
  try {
    const [line] = (await once(server.stdout!, 'data')) as [Buffer]
    const open = () => new Connection(Number(line))
    const body = JSON.stringify({ Job: { Name: 'limit', Tasks: [{ Name: 'main', Engine: { Type: 'docker' } }] } })
    const one = async (method: string) =>
      withConnections(open, 1, async ([connection]) => {
        const times: number[] = []
        for (let i = 0; i < requests / 4; i++) {
          times.push(await timed(() => connection!.ask(method, '/', method === 'PUT' ? body : '')))
        }
        return median(times)
      })
    await one('PUT')
    const syncedPerSecond: Record<number, number> = {}
    for (const count of connectionCounts) {
      const ms = await withConnections(open, count, (all) =>
        timed(() => spread(all, requests, (connection) => connection.ask('PUT', '/', body))),
      )
      syncedPerSecond[count] = (requests / ms) * 1000
    }
    return { roundTripMs: await one('GET'), syncedMs: await one('PUT'), syncedPerSecond }
  } finally {
    await ended(server, 'SIGTERM')
    await rm(dir, { recursive: true, force: true })
  }
}
