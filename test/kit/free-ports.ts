import { createServer } from 'node:net'

/** Below what the machine gives to who asks for any port, and to who connects: nobody takes one by chance. None is barred to `fetch`. */
const [first, end] = [10_100, 20_100]

/** Other processes of tests begin elsewhere, and this one gives out none again: who had it may come back to it. */
let next = first + (process.pid % 100) * 100

/** Ports that nobody listens on, for who must know them before somebody does, or must have the same again after a restart. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = next
    next = port + 1 < end ? port + 1 : first
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
