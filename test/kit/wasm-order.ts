import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ModuleStore } from '#providers/wasm/child/module-store.ts'
import { noWeb } from '#providers/wasm/child/pipe-web.ts'
import { runProgram } from '#providers/wasm/child/run-program.ts'
import type { ModuleRef, RunOrder, RunReport } from '#providers/wasm/protocol/run-order.ts'
import type { World } from '#providers/wasm/wasi/world.ts'
import { stillWorld } from './wasi-rig.ts'

export const wasmFixtures = join(import.meta.dirname, '../fixtures/wasm')
export const wasmFixture = (name: string): string => join(wasmFixtures, `${name}.wasm`)

/** A module of the fixtures as an order names it. */
export const moduleRef = (file: string, alias = ''): ModuleRef => ({
  alias,
  place: { hostPath: file.includes('/') ? file : wasmFixture(file) },
  title: '/module.wasm',
  failurePrefix: 'failed to instantiate entry module module (inline)',
})

export const orderFor = (file: string, parts: Partial<RunOrder> = {}): RunOrder => ({
  entry: moduleRef(file),
  imports: [],
  aliases: [],
  entrypoint: '_start',
  args: [''],
  env: [],
  mounts: [],
  memoryPages: 1024,
  moduleLimitBytes: 100_000_000,
  forget: [],
  ...parts,
})

/** A command of the program `tool`, with folders at /inputs and /outputs. */
export const toolOrder = (args: string[], folders: { inputs?: string; outputs?: string } = {}): RunOrder =>
  orderFor('tool', {
    args: ['', ...args],
    mounts: [
      ...(folders.inputs ? [{ guestPath: '/inputs', hostPath: folders.inputs, isReadOnly: true }] : []),
      ...(folders.outputs ? [{ guestPath: '/outputs', hostPath: folders.outputs, isReadOnly: false }] : []),
    ],
  })

export type Ran = { report: RunReport; stdout: string; stderr: string }

/** Runs an order in this process, as a child would. */
export function runOrder(order: RunOrder, store = new ModuleStore(), world: World = stillWorld()): Ran {
  const printed: Record<1 | 2, Buffer[]> = { 1: [], 2: [] }
  const write = (stream: 1 | 2, bytes: Uint8Array): void => void printed[stream].push(Buffer.from(bytes))
  const report = runProgram(order, store, { world, output: { write, flush: () => {} }, web: noWeb })
  return { report, stdout: Buffer.concat(printed[1]).toString(), stderr: Buffer.concat(printed[2]).toString() }
}

/** Folders that are gone after `close`. */
export class TempFolders {
  readonly root = mkdtempSync(join(tmpdir(), 'bacalhau-wasm-'))

  make(name: string): string {
    return mkdtempSync(join(this.root, `${name}-`))
  }

  close(): void {
    rmSync(this.root, { recursive: true, force: true })
  }
}
