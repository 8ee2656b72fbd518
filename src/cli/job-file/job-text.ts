import { messageOf } from '#lib/fault.ts'
import type { Host } from '../host.ts'

/** The text of the job file `path`, or of standard input without one. Throws an Error with the reference's sentences. */
export async function jobText(path: string | undefined, host: Host): Promise<string> {
  const bytes = path === undefined ? await fromStdin(host) : await fromFile(path, host)
  const text = Buffer.from(bytes).toString('utf8')
  if (text === '') throw new Error('the job provided is invalid: no content provided')
  return text
}

async function fromStdin(host: Host): Promise<Uint8Array> {
  host.stderr.write('Reading from /dev/stdin; send Ctrl-d to stop.')
  try {
    return await host.stdin.readAll()
  } catch (error) {
    throw new Error(`reading job from stdin: ${messageOf(error)}`, { cause: error })
  }
}

async function fromFile(path: string, host: Host): Promise<Uint8Array> {
  const bytes = await host.disk.readFile(host.resolve(path)).catch((error: unknown) => {
    throw new Error(`reading job file ("${path}"): ${readProblem(path, error)}`)
  })
  if (!bytes) throw new Error(`opening job file ("${path}"): open ${path}: no such file or directory`)
  return bytes
}

/** The system's reason in its usual words. */
export function readProblem(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EISDIR') return `read ${path}: is a directory`
  if (code === 'EACCES') return `open ${path}: permission denied`
  return messageOf(error)
}
