import { hash } from 'node:crypto'
import type { RunRequest } from '#contracts/engine.ts'
import type { InlineFile, PreparedInput } from '#contracts/storage.ts'
import { Fault } from '#lib/fault.ts'
import { pageBytes, pageLimit } from './binary/limits.ts'
import type { ModuleSource, WasmParams } from './engine-params.ts'
import type { ModuleDigests } from './module-digest.ts'
import { cleanPath, mountsOf } from './mounts.ts'
import type { RunnerNeeds } from './pool/runner-supply.ts'
import type { ModuleRef, RunOrder } from './protocol/run-order.ts'
import type { WasmSettings } from './settings.ts'

/** A module above this takes longer to compile, tens of milliseconds, than most programs to run. */
const largeBytes = 1_048_576

/** What a child is told, made from what the node has prepared. Throws a Fault for what the user got wrong. */
export async function orderOf(
  request: RunRequest,
  params: WasmParams,
  settings: WasmSettings,
  digests: ModuleDigests,
): Promise<RunOrder> {
  const { inputs, engineInputs, outputs, env } = request
  const prepared = [...engineInputs]
  const ref = async (source: ModuleSource, noun: string): Promise<ModuleRef> => {
    const { told, file } =
      typeof source === 'string' ? guestModule(source, noun, inputs) : broughtModule(prepared.shift(), noun)
    return { ...told, ...(file?.kind === 'file' && (await digests.of(file.hostPath))) }
  }
  const entry = await ref(params.entryModule, 'entry')
  const imports: ModuleRef[] = []
  for (const source of params.importModules) imports.push(await ref(source, 'import'))
  return {
    entry,
    imports,
    aliases: inputs.filter(({ input }) => input.Alias !== '').map(aliasModule),
    entrypoint: params.entrypoint,
    args: ['', ...params.parameters],
    env: sortedByBytes({ ...env, ...params.environment }),
    mounts: mountsOf(inputs, outputs),
    memoryPages: memoryPages(request.resources.Memory || settings.defaultMemoryBytes),
    moduleLimitBytes: settings.moduleLimitBytes,
    ...(request.resources.Disk > 0 ? { diskLimitBytes: request.resources.Disk } : {}),
    ...(params.seed === undefined ? {} : { seed: String(params.seed) }),
    forget: [],
  }
}

/** By what the child is chosen or made. */
export const needsOf = ({ entry, imports, aliases, mounts }: RunOrder): RunnerNeeds => ({
  digests: digestsOf([entry, ...imports]),
  large: digestsOf([entry, ...imports].filter(({ sizeBytes = 0 }) => sizeBytes > largeBytes)),
  places: [
    ...mounts,
    ...[entry, ...imports, ...aliases].flatMap(({ place }) =>
      'hostPath' in place ? [{ hostPath: place.hostPath, isReadOnly: true }] : [],
    ),
  ],
})

const digestsOf = (refs: readonly ModuleRef[]): string[] =>
  refs.flatMap(({ digest }) => (digest === undefined ? [] : [digest]))

/** The order for a child that has these modules compiled: they are not sent again. */
export function orderWithout(modules: { has(digest: string): boolean }, order: RunOrder): RunOrder {
  const without = (ref: ModuleRef): ModuleRef =>
    'base64' in ref.place && ref.digest !== undefined && modules.has(ref.digest)
      ? { ...ref, place: { base64: null } }
      : ref
  return { ...order, entry: without(order.entry), imports: order.imports.map(without) }
}

/** What a child is told of a module, and where it lies on this machine, if it does. */
type Found = { told: ModuleRef; file?: PreparedInput | undefined }

/** A module the engine brought: failures name the type of its source, as the older clients know them. */
function broughtModule(input: PreparedInput | InlineFile | undefined, noun: string): Found {
  if (input === undefined)
    throw new Fault('InternalError', 'a module of the job was not prepared', { component: 'WASM' })
  // The doubled word is what the reference says.
  const title = noun === 'entry' ? 'entry module module' : 'import module'
  const named = {
    alias: input.input.Alias,
    title: input.guestPath || 'its source',
    failurePrefix: `failed to instantiate ${title} (${input.input.Source.Type})`,
  }
  return 'bytes' in input
    ? { told: { ...named, ...inlineModule(input) } }
    : { told: { ...named, place: { hostPath: input.hostPath } }, file: input }
}

const inlineModule = ({ bytes }: InlineFile): Pick<ModuleRef, 'place' | 'digest' | 'sizeBytes'> => ({
  place: { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') },
  digest: hash('sha256', bytes, 'hex'),
  sizeBytes: bytes.byteLength,
})

/** A module among the task's inputs, by its path in the program's own tree. */
function guestModule(path: string, noun: string, inputs: readonly PreparedInput[]): Found {
  const guestPath = cleanPath(path)
  const told = {
    alias: path,
    place: { guestPath: Buffer.from(guestPath, 'utf8').toString('latin1') },
    title: path,
    failurePrefix: `failed to load ${noun} module ${path}`,
  }
  return { told, file: inputs.find((each) => cleanPath(each.guestPath) === guestPath) }
}

const aliasModule = ({ input, hostPath, guestPath }: PreparedInput): ModuleRef => ({
  alias: input.Alias,
  place: { hostPath },
  title: guestPath,
  failurePrefix: '',
})

function memoryPages(bytes: number): number {
  const pages = Math.ceil(bytes / pageBytes)
  if (pages <= pageLimit) return pages
  throw new Fault('ValidationError', `requested memory exceeds the wasm limit - ${bytes} > 4GB`, {
    component: 'WASM',
    hint: 'Reduce the requested memory to be within the WASM limit',
    details: { FailureClass: 'user' },
  })
}

const sortedByBytes = (env: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(env)
    .map(([name, value]) => ({ name, value, bytes: Buffer.from(name, 'utf8').toString('latin1') }))
    .sort((one, other) => (one.bytes < other.bytes ? -1 : 1))
    .map(({ name, value }) => [name, value])
