import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'

/**
 * What this machine can do at best, in the same words: `GET /` is a bare HTTP round trip, `PUT /` also parses the body, writes it to
 * a file, and answers after a sync that all requests of one turn of the event loop share. `node limit-server.ts FILE` prints its port.
 */
const file = openSync(process.argv[2]!, 'a')
let lines: string[] = []
let waiting: ServerResponse[] = []

const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end('{"ok":true}')
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (data: string) => {
    text += data
  })
  request.on('end', () => {
    lines.push(JSON.stringify(JSON.parse(text)))
    waiting.push(response)
    if (waiting.length === 1) setImmediate(flush)
  })
})

function flush(): void {
  writeSync(file, `${lines.join('\n')}\n`)
  fdatasyncSync(file)
  for (const response of waiting) response.end('{"ok":true}')
  lines = []
  waiting = []
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address?.port)
})
process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  closeSync(file)
})
