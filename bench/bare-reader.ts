import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Agent, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * What Node alone needs to bring data to files, as the bench's data server has it: a file (`node bare-reader.ts FOLDER URL`), or
 * that many objects below a URL (`… FOLDER URL OBJECTS`). Prints after how many ms they were there.
 */
const [folder = '', url = '', objects = ''] = process.argv.slice(2)
const atOnce = 16
const agent = new Agent({ keepAlive: true, maxSockets: atOnce })

const answerOf = (from: string): Promise<IncomingMessage> =>
  new Promise((answered, failed) => get(from, { agent }, answered).on('error', failed))

async function allObjects(count: number): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) {
      const name = String(next++).padStart(6, '0')
      const chunks: Buffer[] = []
      for await (const chunk of await answerOf(`${url}/${name}`)) chunks.push(chunk as Buffer)
      await writeFile(join(folder, name), Buffer.concat(chunks))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

const began = performance.now()
if (objects === '') await pipeline(await answerOf(url), createWriteStream(join(folder, 'file')))
else await allObjects(Number(objects))
console.log(performance.now() - began)
agent.destroy()
