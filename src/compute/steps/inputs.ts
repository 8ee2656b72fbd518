import type { PreparedInput } from '#contracts/storage.ts'
import { Fault } from '#lib/fault.ts'
import type { InputSource } from '#models/task.ts'
import type { ExecutionDirectories } from '../directories.ts'
import type { Registries } from '../registry.ts'

export type FetchRequest = {
  inputs: readonly InputSource[]
  /** Number of the first input's folder. */
  firstIndex: number
  partition: { index: number; count: number }
  limitBytes: number
}

/** Fetches all inputs side by side; when one fails the others are broken off, and its fault is thrown. */
export const fetchInputs = async (
  request: FetchRequest,
  registries: Registries,
  directories: ExecutionDirectories,
  signal: AbortSignal,
): Promise<PreparedInput[]> => {
  if (request.inputs.length === 0) return []
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const fetchOne = async (input: InputSource, offset: number): Promise<PreparedInput> => {
    const storage = registries.storages.get(input.Source.Type)
    if (!storage) throw new Fault('BadRequest', `this node does not support input source "${input.Source.Type}"`)
    const directory = await directories.input(request.firstIndex + offset)
    return storage.prepare(input, { directory, partition: request.partition, limitBytes: request.limitBytes }, either)
  }
  const fetches = request.inputs.map((input, i) =>
    fetchOne(input, i).catch((error: unknown) => {
      broken.abort(error)
      throw error
    }),
  )
  const settled = await Promise.allSettled(fetches)
  const failed = settled.find((result) => result.status === 'rejected')
  if (failed) throw broken.signal.reason ?? failed.reason
  return settled.map((result) => (result as PromiseFulfilledResult<PreparedInput>).value)
}
