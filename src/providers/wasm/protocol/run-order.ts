import type { ExitFailure } from '#contracts/engine.ts'

/** A file or folder of this machine and where the guest finds it (absolute, clean). */
export type Mount = {
  guestPath: string
  hostPath: string
  isReadOnly: boolean
  /** What is written there counts against the job's disk. */
  isOutput?: boolean
}

/** A module to be run or linked, and how failures speak of it. */
export type ModuleRef = {
  /** Name under which others import from it. */
  alias: string
  /**
   * On this machine, inside the guest's tree, or here in the order; then null for a child that has it compiled.
   * A folder stands for the one module in it.
   */
  place: { hostPath: string } | { guestPath: string } | { base64: string | null }
  /** SHA-256 of the bytes in hex, and how many there are, when already known. */
  digest?: string
  sizeBytes?: number
  /** The folder's name in messages. */
  title: string
  /** Begins the message when it cannot be loaded. */
  failurePrefix: string
}

/** Everything a child needs for one run. Travels as JSON. */
export type RunOrder = {
  entry: ModuleRef
  /** Instantiated before the entry module, in this order. */
  imports: readonly ModuleRef[]
  /** Inputs that a module may import by Alias. */
  aliases: readonly ModuleRef[]
  entrypoint: string
  args: readonly string[]
  /** Sorted. */
  env: readonly (readonly [name: string, value: string])[]
  mounts: readonly Mount[]
  /** Pages of 64 KiB all memories of the run may have together. */
  memoryPages: number
  moduleLimitBytes: number
  /** Bytes it may write to its outputs; absent = no limit. */
  diskLimitBytes?: number
  /** Present = fixed clock and seeded random (decimal text). */
  seed?: string
  /** Digests of compiled modules to let go of first. */
  forget: readonly string[]
  /** Whether the node wants to know when the modules are compiled, which takes long. */
  tellsLoaded?: boolean
}

export type RunFailure = ExitFailure

/** How a run ended, and what the child has learned by it. */
export type RunReport = {
  exitCode: number
  failure?: RunFailure
  /** Modules this run used; they stay compiled in the child. */
  modules: readonly { digest: string; sizeBytes: number }[]
  /** Most linear memory all its modules took together. */
  memoryBytes: number
  /** The child must not be used again. */
  isSpent: boolean
}
