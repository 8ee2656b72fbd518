import { constants, createReadStream, createWriteStream, type Dirent, type ReadStream } from 'node:fs'
import {
  appendFile,
  copyFile,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Fault } from '#lib/fault.ts'
import { removeTree } from './remove-tree.ts'
import { haveSameBytes } from './same-bytes.ts'

/** Files of a result that several executions have of the same name: they are joined in the view of all. */
const joined: readonly string[] = ['stdout', 'stderr', 'exitCode']

/** A link that leads nowhere: it is there with what it says at once, so that of two who make it one gets it. */
const ownerName = 'owner'

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const taken = (path: string, pid: number): Fault =>
  new Fault('Conflict', `another command fetches this result, into ${path}`, {
    hint: `Wait until process ${pid} has ended, or name another folder with --output-dir.`,
  })

/** What a folder holds one result per execution in, and how they come together. */
export const resultFolder = {
  exists: (path: string): Promise<boolean> =>
    stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    ),

  async makeEmpty(path: string): Promise<void> {
    await removeTree(path)
    await mkdir(path, { recursive: true })
  },

  /** A new folder in a place that others use too, who cannot look into it. */
  makePrivate: (place: string): Promise<string> => mkdtemp(join(place, 'bacalhau-results-')),

  rename,

  remove: removeTree,

  /** Leaves a folder that has something in it. */
  async removeIfEmpty(path: string): Promise<void> {
    await rmdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  },

  /** Makes a folder this process's own until it lets go of it, or has ended. Throws a Fault Conflict while it is another's. */
  async claim(path: string): Promise<void> {
    await mkdir(path, { recursive: true })
    const owner = join(path, ownerName)
    const claim = () => symlink(String(process.pid), owner)
    await claim().catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
      const pid = Number(await readlink(owner))
      if (pid !== process.pid && isRunning(pid)) throw taken(path, pid)
      await rm(owner)
      await claim()
    })
  },

  letGo: (path: string): Promise<void> => rm(join(path, ownerName), { force: true }),

  /** Makes the file when there is none. */
  append: (path: string, content: string | Uint8Array): Promise<void> => appendFile(path, content),

  /** A plain file or a folder below a folder; undefined when there is none, or it is reached only from outside. */
  async placeIn(folder: string, path: string): Promise<ResultPlace | undefined> {
    const real = (each: string) => realpath(each).catch(() => undefined)
    const [root, file] = await Promise.all([real(folder), real(join(folder, path))])
    if (!file?.startsWith(root + sep)) return undefined
    const kind = await kindOf(file)
    return kind === 'file' || kind === 'folder' ? { kind, path: file } : undefined
  },

  /** Refuses a place where something other than a folder stands. */
  async refuseOther(path: string): Promise<void> {
    if (await resultFolder.isOther(path)) throw conflict(path)
  },

  content: (path: string): ReadStream => createReadStream(path),

  names: async (path: string): Promise<string[]> => (await readdir(path)).sort(),

  /** Refuses a place where something other than a file stands, or one that does not begin so, or that has more than `isWhole` allows. */
  async refuseOtherFile(path: string, beginning: Uint8Array, isWhole: boolean): Promise<void> {
    const kind = await kindOf(path)
    if (kind === 'nothing') return
    if (kind !== 'file' || !(await isSuch(path, beginning, isWhole))) throw conflict(path)
  },

  /** Whether something is there that is no folder. */
  isOther: async (path: string): Promise<boolean> => !['nothing', 'folder'].includes(await kindOf(path)),

  /**
   * Shows the results in the folders `parts` of `root` in `root` itself: files that only one of them has, and their output
   * joined in the order given. All of it comes there or nothing: what is in the way, unless it is the same, is a Fault that
   * names it. Output that an earlier view joined (`isAgain`) is joined anew. Returns the paths that more than one has and
   * that were left where they are.
   */
  async show(root: string, parts: readonly string[], isAgain: boolean): Promise<string[]> {
    const stage = join(root, `${parts[0]}.joined.part`)
    await resultFolder.makeEmpty(stage)
    try {
      const outputs = await joinedOutputs(root, parts, stage)
      const view = (onShared = (_path: string) => {}) => viewOf(root, parts, outputs, onShared)
      const shared: string[] = []
      const renewed = new Set(isAgain ? outputs.keys() : [])
      await check(
        root,
        view((path) => shared.push(path)),
        renewed,
      )
      await place(root, view(), renewed)
      return shared.sort()
    } finally {
      await resultFolder.remove(stage)
    }
  },
}

export type ResultPlace = { kind: 'file' | 'folder'; path: string }

/** What the view has at a path below its root, and where that is taken from. */
type Shown = { path: string; source: string; isFolder: boolean }

/**
 * What belongs where, folders before what is in them, folder by folder: results may have very many files. `outputs`: what has been
 * joined of several. Tells of the paths that more than one has.
 */
async function* viewOf(
  root: string,
  parts: readonly string[],
  outputs: ReadonlyMap<string, string>,
  onShared: (path: string) => void,
): AsyncGenerator<Shown> {
  const waiting = [{ path: '', folders: parts.map((part) => join(root, part)), isIn: true }]
  // Node's own way to read all levels follows links to folders, round and round.
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const [name, owners] of await entriesOf(at.folders)) {
      const path = join(at.path, name)
      const source = outputs.get(path) ?? pathOf(owners[0] as Dirent)
      const folders = owners.filter((entry) => entry.isDirectory()).map(pathOf)
      const isFolder = folders.length === owners.length
      const isIn = at.isIn && (isFolder || owners.length === 1 || outputs.has(path))
      if (isIn) yield { path, source, isFolder }
      else if (!isFolder) onShared(path)
      if (folders.length > 0) waiting.push({ path, folders, isIn: isIn && isFolder })
    }
  }
}

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name)

/** What is in at least one of these folders, by its name. */
async function entriesOf(folders: readonly string[]): Promise<Map<string, Dirent[]>> {
  const entries = await Promise.all(folders.map((folder) => readdir(folder, { withFileTypes: true })))
  return Map.groupBy(
    entries.flat().sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
    ({ name }) => name,
  )
}

/** Of each output that several have all of it in one file of `stage`, by its name. */
async function joinedOutputs(root: string, parts: readonly string[], stage: string): Promise<Map<string, string>> {
  const outputs = new Map<string, string>()
  for (const name of joined) {
    const sources: string[] = []
    for (const source of parts.map((part) => join(root, part, name)))
      if ((await kindOf(source)) === 'file') sources.push(source)
    const target = join(stage, name)
    if (sources.length < 2) continue
    for (const source of sources) await pipeline(createReadStream(source), createWriteStream(target, { flags: 'a' }))
    outputs.set(name, target)
  }
  return outputs
}

/** Refuses a root where something is in the way; files of `renewed` are not. */
async function check(root: string, view: AsyncIterable<Shown>, renewed: ReadonlySet<string>): Promise<void> {
  const absent = new Set<string>()
  for await (const { path, source, isFolder } of view) {
    const target = join(root, path)
    const found = absent.has(dirname(path)) ? 'nothing' : await kindOf(target)
    if (found === 'nothing' && isFolder) absent.add(path)
    const isFree = found === 'nothing' || (found === 'file' && renewed.has(path))
    if (!isFree && !(await isSame(source, target))) throw conflict(target)
  }
}

/** Puts everything in its place, also of the files of `renewed` that are there, or leaves all as it was. */
async function place(root: string, view: AsyncIterable<Shown>, renewed: ReadonlySet<string>): Promise<void> {
  const made = new Set<string>()
  const placed: string[] = []
  const old: [source: string, target: string][] = []
  try {
    for await (const { path, source, isFolder } of view) {
      const target = join(root, path)
      if (!(await unlessThere(isFolder ? mkdir(target) : placeFile(source, target)))) {
        if (renewed.has(path)) old.push([source, target])
        continue
      }
      if (isFolder) made.add(path)
      // What is in a folder that is new goes with it.
      if (!made.has(dirname(path))) placed.push(target)
    }
    for (const [source, target] of old) await rename(source, target)
  } catch (error) {
    for (const target of placed.reverse()) await removeTree(target)
    throw error
  }
}

/** The same bytes under a second name, without a copy where the file system can. */
const placeFile = (source: string, target: string): Promise<void> =>
  link(source, target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw error
    return copyFile(source, target, constants.COPYFILE_EXCL)
  })

/** Whether it was done; false when something is there already. */
const unlessThere = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )

async function isSuch(path: string, beginning: Uint8Array, isWhole: boolean): Promise<boolean> {
  await using file = await open(path)
  const { size } = await file.stat()
  if (isWhole ? size !== beginning.length : size < beginning.length) return false
  const found = Buffer.alloc(beginning.length)
  await file.read(found, 0, found.length, 0)
  return found.equals(beginning)
}

type Kind = 'nothing' | 'folder' | 'file' | 'link' | 'other'

async function kindOf(path: string): Promise<Kind> {
  try {
    const found = await lstat(path)
    if (found.isDirectory()) return 'folder'
    if (found.isSymbolicLink()) return (await resultFolder.exists(path)) ? 'folder' : 'link'
    return found.isFile() ? 'file' : 'other'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing'
    throw error
  }
}

async function isSame(source: string, target: string): Promise<boolean> {
  const [one, other] = await Promise.all([kindOf(source), kindOf(target)])
  if (one !== other) return false
  if (one === 'link') return (await readlink(source)) === (await readlink(target))
  return one === 'folder' || (one === 'file' && haveSameBytes(source, target))
}

const conflict = (path: string): Fault =>
  new Fault(
    'Conflict',
    `cannot merge results as output already exists: ${path}. Try --raw to download raw results instead of merging them`,
    { hint: `Nothing was written. Move ${basename(path)} away, or choose another folder with --output-dir.` },
  )
