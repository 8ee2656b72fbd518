import type { InlineFile, InputShare, PreparedInput, Storage } from '#contracts/storage.ts'
import { Fault } from '#lib/fault.ts'
import type { InputSource } from '#models/task.ts'
import type { ExecutionDirectories } from '../directories.ts'
import type { Registries } from '../registry.ts'

export type FetchRequest = {
  inputs: readonly InputSource[]
  /** Number of the first input's folder. */
  firstIndex: number
  share: InputShare
  limitBytes: number
  /** Told of each input that did not lie in the job, once it is here. */
  onPrepared?: (prepared: PreparedInput, directory: string) => void
}

/** Fetches all inputs to the disk, where programs find them. */
export const fetchInputs = (
  request: FetchRequest,
  registries: Registries,
  directories: ExecutionDirectories,
  signal: AbortSignal,
): Promise<PreparedInput[]> => sideBySide(request, registries, signal, fetchToDisk(request, directories))

/** The same for what the engine itself wants, which takes files that lie in the job as they are. */
export const fetchEngineInputs = (
  request: FetchRequest,
  registries: Registries,
  directories: ExecutionDirectories,
  signal: AbortSignal,
): Promise<(PreparedInput | InlineFile)[]> => {
  const toDisk = fetchToDisk(request, directories)
  return sideBySide<PreparedInput | InlineFile>(
    request,
    registries,
    signal,
    async (storage, input, offset, either) =>
      storage.inlineFile?.(input, request.limitBytes) ?? toDisk(storage, input, offset, either),
  )
}

type Fetch<Fetched> = (storage: Storage, input: InputSource, offset: number, signal: AbortSignal) => Promise<Fetched>

const fetchToDisk =
  (
    { firstIndex, share, limitBytes, onPrepared }: FetchRequest,
    directories: ExecutionDirectories,
  ): Fetch<PreparedInput> =>
  async (storage, input, offset, signal) => {
    const directory = await directories.input(firstIndex + offset)
    const prepared = await storage.prepare(input, { directory, share, limitBytes }, signal)
    if (!storage.inlineFile) onPrepared?.(prepared, directory)
    return prepared
  }

/** When one fails the others are broken off, and its fault is thrown. */
const sideBySide = async <Fetched>(
  request: FetchRequest,
  registries: Registries,
  signal: AbortSignal,
  fetch: Fetch<Fetched>,
): Promise<Fetched[]> => {
  const fetchOne = async (input: InputSource, offset: number, until: AbortSignal): Promise<Fetched> => {
    const storage = registries.storages.get(input.Source.Type)
    if (!storage) throw new Fault('BadRequest', `this node does not support input source "${input.Source.Type}"`)
    return fetch(storage, input, offset, until)
  }
  const [first, ...others] = request.inputs
  if (!first) return []
  if (others.length === 0) return [await fetchOne(first, 0, signal)]
  const broken = new AbortController()
  const either = AbortSignal.any([signal, broken.signal])
  const fetches = request.inputs.map((input, i) =>
    fetchOne(input, i, either).catch((error: unknown) => {
      broken.abort(error)
      throw error
    }),
  )
  const settled = await Promise.allSettled(fetches)
  const failed = settled.find((result) => result.status === 'rejected')
  if (failed) throw broken.signal.reason ?? failed.reason
  return settled.map((result) => (result as PromiseFulfilledResult<Fetched>).value)
}
