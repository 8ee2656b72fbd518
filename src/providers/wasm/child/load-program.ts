import { InvalidModule } from '../binary/invalid-module.ts'
import type { ModuleRef, RunOrder } from '../protocol/run-order.ts'
import { hostModules, wasiModule } from '../wasi/bind.ts'
import { errnoOf } from '../wasi/errno.ts'
import type { TreeNode } from '../wasi/mount-tree.ts'
import { folderOf, withPlace } from '../wasi/walk.ts'
import { readModule } from './find-module.ts'
import { ModuleProblem } from './module-problem.ts'
import type { LoadedModule, ModuleStore } from './module-store.ts'

/** A module of the program and, by name, the modules it imports from. */
export type ProgramPart = { ref: ModuleRef; module: LoadedModule; sources: ReadonlyMap<string, ProgramPart> }
/** All parts in the order they are instantiated; the entry module comes last. */
export type Program = { parts: readonly ProgramPart[]; entry: ProgramPart }

const partLimit = 64

const moduleHint =
  'It has to be a whole core module for WASI preview 1 (wasm32-wasi, wasm32-wasip1); `bacalhau wasm validate FILE` checks one'

/**
 * Loads the import modules, then the entry module, and before each whatever it imports by name: a module that is there
 * already, an import module or an input of that Alias, or a file of the guest's tree (execution rules of both generations).
 */
export function loadProgram(order: RunOrder, store: ModuleStore, guestRoot: TreeNode): Program {
  const loader = new Loader(order, store, guestRoot)
  for (const ref of order.imports) loader.loadNamed(ref)
  const entry = loader.loadNamed(order.entry)
  return { parts: loader.parts, entry }
}

/** It begins with which module of the job it is about. */
class NamedProblem extends ModuleProblem {}

/** Names of the interfaces of preview 2 and 3, and of what came before preview 1. */
const otherWasi = /^(?:wasi:|wasi_unstable$)/
const otherWasiHint =
  'That is another version of WASI. Only preview 1 is supported: build the module for wasm32-wasip1 (wasm32-wasi)'
const hintFor = (name: string): string =>
  `Give that module among the import modules or inputs, with Alias ${name}, or as an input with Target /${name.replace(/^\/+/, '')}`

class Loader {
  readonly parts: ProgramPart[] = []
  readonly #order: RunOrder
  readonly #store: ModuleStore
  readonly #guestRoot: TreeNode
  readonly #byName = new Map<string, ProgramPart>()
  readonly #named = new Map<ModuleRef, ProgramPart>()
  readonly #loading: string[] = []

  constructor(order: RunOrder, store: ModuleStore, guestRoot: TreeNode) {
    this.#order = order
    this.#store = store
    this.#guestRoot = guestRoot
  }

  /** A module the job names itself; failures begin with what it is. */
  loadNamed(ref: ModuleRef): ProgramPart {
    const known = this.#named.get(ref)
    if (known) return known
    try {
      const part = this.#load(ref)
      this.#named.set(ref, part)
      return part
    } catch (error) {
      if (error instanceof InvalidModule) {
        throw new NamedProblem(`${ref.failurePrefix}: ${error.message}`, { hint: moduleHint })
      }
      if (error instanceof ModuleProblem && !(error instanceof NamedProblem)) {
        const { message, ...why } = error.failure
        throw new NamedProblem(`${ref.failurePrefix}: ${message}`, why)
      }
      throw error
    }
  }

  #load(ref: ModuleRef): ProgramPart {
    if (this.parts.length + this.#loading.length >= partLimit) {
      throw new ModuleProblem(`a program has at most ${partLimit} modules`)
    }
    const module = this.#store.find(ref.digest) ?? this.#read(ref)
    this.#loading.push(ref.alias)
    const names = new Set(module.prepared.imports.map((each) => each.module).filter((name) => !hostModules.has(name)))
    const sources = new Map([...names].map((name) => [name, this.#source(name)]))
    this.#loading.pop()
    const part = { ref, module, sources }
    this.parts.push(part)
    if (ref.alias !== '' && !this.#byName.has(ref.alias)) this.#byName.set(ref.alias, part)
    return part
  }

  #read(ref: ModuleRef): LoadedModule {
    const bytes = readModule(ref, this.#guestRoot, this.#order.moduleLimitBytes)
    try {
      return this.#store.load(bytes)
    } catch (error) {
      if (!(error instanceof InvalidModule) || !('guestPath' in ref.place)) throw error
      throw new ModuleProblem(`failed to compile module at ${JSON.stringify(ref.title)}: ${error.message}`, {
        hint: moduleHint,
      })
    }
  }

  #source(name: string): ProgramPart {
    const known = this.#byName.get(name)
    if (known) return known
    if (this.#loading.includes(name)) {
      throw new ModuleProblem(`modules import each other in a circle: ${[...this.#loading, name].join(' -> ')}`)
    }
    const named = name === '' ? undefined : this.#order.imports.find(({ alias }) => alias === name)
    if (named) return this.loadNamed(named)
    const ref = this.#order.aliases.find(({ alias }) => alias === name) ?? this.#inGuest(name)
    if (ref) return this.#load(ref)
    if (name !== '' && name === this.#order.entry.alias) {
      const path = [...this.#loading, name].join(' -> ')
      throw new ModuleProblem(`nothing can import from the entry module, which is linked last: ${path}`)
    }
    throw new ModuleProblem(
      `could not find WASM module with name ${JSON.stringify(name)}. expecting a built-in module name ` +
        `(like ${JSON.stringify(wasiModule)}), or the Alias of one of the job's InputSources`,
      { hint: otherWasi.test(name) ? otherWasiHint : hintFor(name) },
    )
  }

  #inGuest(name: string): ModuleRef | undefined {
    if (name === '' || name.length > 4096 || name.includes('\0')) return undefined
    const path = Buffer.from(name, 'utf8').toString('latin1')
    try {
      const isThere = withPlace(
        this.#guestRoot,
        folderOf(this.#guestRoot),
        path,
        true,
        ({ stat }) => stat !== undefined,
      )
      return isThere ? { alias: name, place: { guestPath: path }, title: name, failurePrefix: '' } : undefined
    } catch (error) {
      if (errnoOf(error) === undefined) throw error
      return undefined
    }
  }
}
