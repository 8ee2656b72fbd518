import { isCid } from '#lib/cid.ts'
import { Fault } from '#lib/fault.ts'
import type { InputSource } from '#models/task.ts'
import type { Host } from '../host.ts'
import { readProblem } from '../job-file/job-text.ts'
import { inlineUrl } from './inline-url.ts'

const ipfsModule = (cid: string, target: string): InputSource => ({
  Source: { Type: 'ipfs', Params: { CID: cid } },
  Alias: `ipfs://${cid}`,
  Target: target,
})

/** A module to start: content of IPFS, or a file of this machine that travels with the job. */
export async function entryModule(name: string, host: Host): Promise<InputSource> {
  if (isCid(name)) return ipfsModule(name, '')
  const bytes = await host.disk.readFile(host.resolve(name)).catch((error: unknown) => {
    const isFolder = (error as NodeJS.ErrnoException).code === 'EISDIR'
    throw refused(isFolder ? `"${name}" should point to a single file` : readProblem(name, error))
  })
  if (!bytes) throw refused(`"${name}" is not a valid CID or local file: stat ${name}: no such file or directory`)
  const url = await inlineUrl(name, bytes)
  return { Source: { Type: 'inline', Params: { URL: url } }, Alias: url, Target: '' }
}

/** A module to import from, by its address. */
export function moduleFromUrl(url: string): InputSource {
  if (!/^https?:\/\/[^/]+\/./.test(url)) throw refused(`invalid url storage params: URL must end with a file name`)
  return { Source: { Type: 'urlDownload', Params: { URL: url } }, Alias: url, Target: '/inputs' }
}

/** `cid:path`, or the path of an input alone, as newer clients name it. */
export function moduleFromVolume(text: string): InputSource | string {
  if (text.startsWith('/')) return text
  const [cid = '', path, ...rest] = text.split(':')
  if (path === undefined || rest.length > 0) throw refused(`"${text}" should contain exactly one :`)
  return ipfsModule(cid, path)
}

const refused = (message: string): Fault => new Fault('ValidationError', message)
