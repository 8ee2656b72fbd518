import { availableParallelism } from 'node:os'

export type WasmIsolation = 'pooled' | 'process'

/** How this node runs WASM programs. */
export type WasmSettings = {
  /** `pooled`: a runner child serves many executions, each with fresh state; `process`: one for each execution. */
  isolation: WasmIsolation
  /** Children kept ready while nothing runs. */
  warmChildren: number
  /** Children that are started as soon as they are wanted; further ones when none has come free for a while. */
  eagerChildren: number
  /** Most children at a time; further executions wait. */
  childLimit: number
  /** How long a child beyond the warm ones is kept after its last run. */
  idleKeepMs: number
  /** Runs after which a child is replaced, whatever V8 has kept by then. */
  runLimit: number
  /** Compile with the optimizing compiler only: long loops run six times faster, a first run starts a little later. */
  isOptimized: boolean
  moduleLimitBytes: number
  /** Modules a child keeps compiled, by the size of their bytes. */
  moduleCacheBytes: number
  /** Memory of a program that names no limit. */
  defaultMemoryBytes: number
  /** Whether the network type `Default` lets programs ask over HTTP. */
  isDefaultNetworked: boolean
}

export const defaultWasmSettings: WasmSettings = {
  isolation: 'pooled',
  warmChildren: 2,
  eagerChildren: availableParallelism(),
  childLimit: 128,
  idleKeepMs: 60_000,
  runLimit: 10_000,
  isOptimized: true,
  moduleLimitBytes: 268_435_456,
  moduleCacheBytes: 134_217_728,
  defaultMemoryBytes: 4_294_967_296,
  isDefaultNetworked: false,
}
