import type { Provider } from '#contracts/provider.ts'
import type { Clock, Random } from '#lib/clock.ts'
import type { NodeId } from '#models/ids.ts'
import { dockerProvider } from './docker/provider.ts'
import type { DockerSettings } from './docker/settings.ts'
import { inlineProvider } from './inline/provider.ts'
import type { InlineSettings } from './inline/settings.ts'
import { localProvider } from './local/provider.ts'
import type { LocalSettings } from './local/settings.ts'
import { unpackTarGz } from './unpack-tar.ts'
import { wasmProvider } from './wasm/provider.ts'
import type { WasmSettings } from './wasm/settings.ts'

export type ProviderSettings = {
  docker: DockerSettings
  wasm: WasmSettings
  local: LocalSettings
  inline: InlineSettings
}

export type ProviderDeps = {
  clock: Clock
  random: Random
  nodeId: NodeId
  /** How to start a WASM runner child. */
  wasmCommand: readonly string[]
}

/** Every technology of a compute node: one line each. */
export const nodeProviders = (settings: ProviderSettings, deps: ProviderDeps): Provider[] => [
  dockerProvider(settings.docker, deps),
  wasmProvider(settings.wasm, { clock: deps.clock, command: deps.wasmCommand }),
  localProvider(settings.local, deps),
  inlineProvider(settings.inline, { unpack: unpackTarGz }),
]
