import { basename } from 'node:path'
import type { JobSpec } from '#models/job.ts'
import type { InputSource } from '#models/task.ts'
import { uploadBytes, uploadType } from '#models/upload.ts'
import { uploadIdOf } from '#models/upload-id.ts'
import { type LocalUpload, localUpload } from '#providers/local-upload.ts'
import type { Host } from '../host.ts'
import { warn } from '../tell.ts'
import { uploadPath, uploadPaths, withInputs } from './upload-paths.ts'

/** Reads what inputs of a job name by a path of this machine, each once. */
export async function readUploads(spec: JobSpec, host: Host): Promise<Map<string, LocalUpload>> {
  const uploads = new Map<string, LocalUpload>()
  for (const path of uploadPaths(spec)) {
    if (uploads.has(path)) continue
    const upload = await localUpload(host.resolve(path), host.interrupted)
    for (const name of upload.leftOut) warn(host.stderr, `${path}/${name} is left out: it leads out of the folder`)
    uploads.set(path, upload)
  }
  return uploads
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
    Source: { Type: uploadType, Params: { ID: uploadIdOf(list), SizeBytes: uploadBytes(list) } },
    Target: isBelow ? `${folder}/${basename(path)}` : folder || '/',
  }
}

/** The same without sending anything. */
export const namedUploads = async (spec: JobSpec, host: Host): Promise<JobSpec> =>
  naming(spec, await readUploads(spec, host))
