import type { Connection } from './connection.ts'

/** Asks `work` for each of 0 … count−1, with as many in flight as there are connections. */
export async function spread(
  connections: readonly Connection[],
  count: number,
  work: (connection: Connection, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) await work(connection, next++)
    }),
  )
}

/** Runs `work` with so many connections, and closes them. */
export async function withConnections<Result>(
  open: () => Connection,
  count: number,
  work: (connections: Connection[]) => Promise<Result>,
): Promise<Result> {
  const connections = Array.from({ length: count }, open)
  try {
    return await work(connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}

/** How long `work` takes, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

export async function series<Value>(count: number, work: (index: number) => Promise<Value>): Promise<Value[]> {
  const values: Value[] = []
  for (let i = 0; i < count; i++) values.push(await work(i))
  return values
}
