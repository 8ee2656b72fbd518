import { basename } from 'node:path'
import { chunkListIdOf, listedBytes } from '#models/chunk-list.ts'
import type { JobSpec } from '#models/job.ts'
import type { InputSource } from '#models/task.ts'
import { uploadType } from '#models/upload.ts'
import { type LocalUpload, localUpload, uploadStat } from '#providers/local-upload.ts'
import type { Host } from '../host.ts'
import { warn } from '../tell.ts'
import { uploadPath, uploadPaths, withInputs } from './upload-paths.ts'

/** What inputs of a job name by a path of this machine, each once. All of it is there: a wrong name is told before anything is read. */
export async function pathsToSend(spec: JobSpec, host: Host): Promise<string[]> {
  const paths = [...new Set(uploadPaths(spec))]
  for (const path of paths) await uploadStat(host.resolve(path))
  return paths
}

const mostNamed = 10

/** Says what is not sent, and why. */
export function warnOfLeftOut(path: string, { leftOut }: LocalUpload, host: Host): void {
  for (const [name, why] of [...leftOut].slice(0, mostNamed)) warn(host.stderr, `${path}/${name} is left out: ${why}`)
  if (leftOut.size > mostNamed) warn(host.stderr, `so are ${leftOut.size - mostNamed} more in ${path}`)
}

/** The specification as the server takes it: uploads by their ids, files at their own places. */
export const naming = (spec: JobSpec, uploads: ReadonlyMap<string, LocalUpload>): JobSpec =>
  withInputs(spec, (input) => named(input, uploads))

function named(input: InputSource, uploads: ReadonlyMap<string, LocalUpload>): InputSource {
  const path = uploadPath(input)
  const upload = path === undefined ? undefined : uploads.get(path)
  if (path === undefined || !upload) return input
  const { list } = upload
  const folder = input.Target.replace(/\/+$/, '')
  const isBelow = folder !== input.Target && list.Form === 'file'
  return {
    ...input,
    Source: { Type: uploadType, Params: { ID: chunkListIdOf(list), SizeBytes: listedBytes(list) } },
    Target: isBelow ? `${folder}/${basename(path)}` : folder || '/',
  }
}

/** The same without sending anything. */
export async function namedUploads(spec: JobSpec, host: Host): Promise<JobSpec> {
  const uploads = new Map<string, LocalUpload>()
  for (const path of await pathsToSend(spec, host)) {
    const upload = await localUpload(host.resolve(path), host.interrupted)
    warnOfLeftOut(path, upload, host)
    uploads.set(path, upload)
  }
  return naming(spec, uploads)
}
