import { createServer } from 'node:net'

/** Whether this process can listen on a port of this machine, else why not; it stops at once. */
export const lookAtPort = (address: string, port: number): Promise<'free' | 'taken' | 'elsewhere'> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EADDRNOTAVAIL' ? 'elsewhere' : 'taken'))
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve('free')))
  })
