/** Node's flags that let `keptMb` look into a process by this port. */
export const inspected = (port: number): string => `--inspect=127.0.0.1:${port}`

/** MiB that an inspected process holds once all garbage is collected: what its memory grows by is otherwise what V8 has not come to. */
export async function keptMb(port: number): Promise<number> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[]
  if (!target) throw new Error('the process cannot be looked into')
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  try {
    await event(socket, 'open')
    await ask(socket, 'HeapProfiler.collectGarbage')
    const { usedSize = 0, backingStorageSize = 0 } = await ask(socket, 'Runtime.getHeapUsage')
    return (usedSize + backingStorageSize) / 1024 / 1024
  } finally {
    socket.close()
  }
}

type Target = { webSocketDebuggerUrl: string }
type HeapUsage = { usedSize?: number; backingStorageSize?: number }

/** One question at a time. */
async function ask(socket: WebSocket, method: string): Promise<HeapUsage> {
  const answer = event(socket, 'message')
  socket.send(JSON.stringify({ id: 1, method }))
  return (JSON.parse(String(((await answer) as MessageEvent).data)) as { result: HeapUsage }).result
}

const event = (socket: WebSocket, name: 'open' | 'message'): Promise<Event> =>
  new Promise((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')), { once: true })
  })
