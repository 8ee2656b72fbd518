import type { JobSpec } from '#models/job.ts'
import type { InputSource } from '#models/task.ts'
import { isUpload, uploadType } from '#models/upload.ts'

/** The path of this machine that an input names; undefined = it names none. */
export const uploadPath = (input: InputSource): string | undefined => {
  if (!isUpload(input)) return undefined
  const [, path] = Object.entries(input.Source.Params ?? {}).find(([name]) => name.toLowerCase() === 'path') ?? []
  return typeof path === 'string' ? path : undefined
}

/** The paths of this machine that a job names. */
export const uploadPaths = ({ Tasks }: JobSpec): string[] =>
  Tasks.flatMap(({ InputSources }) => InputSources.flatMap((input) => uploadPath(input) ?? []))

/** The specification with other paths of uploads. */
export const withUploadPaths = (spec: JobSpec, change: (path: string) => string): JobSpec =>
  withInputs(spec, (input) => {
    const path = uploadPath(input)
    return path === undefined ? input : { ...input, Source: { Type: uploadType, Params: { Path: change(path) } } }
  })

export const withInputs = (spec: JobSpec, change: (input: InputSource) => InputSource): JobSpec => ({
  ...spec,
  Tasks: spec.Tasks.map((task) => ({ ...task, InputSources: task.InputSources.map(change) })),
})
