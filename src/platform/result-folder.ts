import { createReadStream, createWriteStream, type Dirent, type ReadStream } from 'node:fs'
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
    await rm(path, { recursive: true, force: true })
    await mkdir(path, { recursive: true })
  },

  /** A new folder in a place that others use too, who cannot look into it. */
  makePrivate: (place: string): Promise<string> => mkdtemp(join(place, 'bacalhau-results-')),

  rename,

  remove: (path: string): Promise<void> => rm(path, { recursive: true, force: true }),

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
    const { sources, shared } = await viewOf(root, parts)
    const stage = join(root, `${parts[0]}.joined.part`)
    await resultFolder.makeEmpty(stage)
    try {
      const several = [...sources].filter(([path, owners]) => owners.length > 1 && joined.includes(path))
      for (const [path, owners] of several) sources.set(path, [await joinedOutput(stage, path, owners)])
      const renewed = new Set(isAgain ? several.map(([path]) => path) : [])
      await place(root, new Map([...sources].map(([path, [source = '']]) => [path, source])), renewed)
    } finally {
      await resultFolder.remove(stage)
    }
    return shared
  },
}

export type ResultPlace = { kind: 'file' | 'folder'; path: string }

type View = { sources: Map<string, string[]>; shared: string[] }

/** What belongs where, folders before what is in them. */
async function viewOf(root: string, parts: readonly string[]): Promise<View> {
  const entries = (await Promise.all(parts.map((part) => entriesOf(join(root, part))))).flat()
  const sources = new Map<string, string[]>()
  const shared: string[] = []
  for (const [path, owners] of Map.groupBy(entries, (each) => each.path)) {
    const isFolder = owners.every(({ entry }) => entry.isDirectory())
    const isIn = dirname(path) === '.' || sources.has(dirname(path))
    if (isIn && (isFolder || owners.length === 1 || joined.includes(path))) {
      sources.set(
        path,
        owners.map(({ entry }) => join(entry.parentPath, entry.name)),
      )
    } else if (!isFolder) shared.push(path)
  }
  return { sources, shared: shared.sort() }
}

async function entriesOf(root: string): Promise<{ path: string; entry: Dirent }[]> {
  const entries: { path: string; entry: Dirent }[] = []
  const waiting = [root]
  // Node's own way to read all levels follows links to folders, round and round.
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      entries.push({ path: path.slice(root.length + 1), entry })
      if (entry.isDirectory()) waiting.push(path)
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1))
}

async function joinedOutput(stage: string, name: string, sources: readonly string[]): Promise<string> {
  const target = join(stage, name)
  for (const source of sources) await pipeline(createReadStream(source), createWriteStream(target, { flags: 'a' }))
  return target
}

/** Puts everything in its place, also of the files of `renewed` that are there, or leaves all as it was. */
async function place(root: string, sources: ReadonlyMap<string, string>, renewed: ReadonlySet<string>): Promise<void> {
  const missing: [source: string, target: string][] = []
  const old: [source: string, target: string][] = []
  for (const [path, source] of sources) {
    const target = join(root, path)
    const found = await kindOf(target)
    if (found === 'nothing') missing.push([source, target])
    else if (found === 'file' && renewed.has(path)) old.push([source, target])
    else if (!(await isSame(source, target))) throw conflict(target)
  }
  const placed: string[] = []
  try {
    for (const [source, target] of missing) {
      await placeOne(source, target)
      placed.push(target)
    }
    for (const [source, target] of old) await rename(source, target)
  } catch (error) {
    for (const target of placed.reverse()) await rm(target, { recursive: true, force: true })
    throw error
  }
}

/** The same bytes under a second name, without a copy where the file system can. */
async function placeOne(source: string, target: string): Promise<void> {
  if ((await lstat(source)).isDirectory()) await mkdir(target)
  else await link(source, target).catch(() => copyFile(source, target))
}

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
