import { basename } from 'node:path'
import type { InputSpec } from '#lib/spec-text/input-spec.ts'
import type { Host } from '../host.ts'
import { readProblem } from '../job-file/job-text.ts'
import { inlineFolderUrl, inlineUrl } from './inline-url.ts'

/** A file or a whole folder of this machine that travels with the job and lies below `/code`. */
export async function inlineCode(path: string, host: Host): Promise<InputSpec> {
  const whole = host.resolve(path)
  const found = await fileOrFolder(whole, host).catch((error: unknown) => {
    throw new Error(readProblem(path, error))
  })
  if (found === undefined) throw new Error(`file '${path}' not found`)
  if (found === 'folder') {
    const files = await filesBelow(whole, '', host)
    return source(await inlineFolderUrl(path, files), '/code')
  }
  return source(await inlineUrl(path, found), `/code/${basename(whole)}`)
}

const source = (url: string, target: string): InputSpec => ({
  Source: { Type: 'inline', Params: { URL: url } },
  Alias: 'code',
  Target: target,
})

async function fileOrFolder(path: string, { disk }: Host): Promise<Uint8Array | 'folder' | undefined> {
  try {
    return await disk.readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return 'folder'
    throw error
  }
}

/** Every file of a folder, by its path below it. */
async function filesBelow(folder: string, prefix: string, host: Host): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const name of (await host.disk.list(folder)).toSorted()) {
    const found = await fileOrFolder(`${folder}/${name}`, host)
    if (found === 'folder') {
      const inner = await filesBelow(`${folder}/${name}`, `${prefix}${name}/`, host)
      for (const [path, bytes] of inner) files.set(path, bytes)
    } else if (found) files.set(`${prefix}${name}`, found)
  }
  return files
}
