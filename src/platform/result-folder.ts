import { appendFile, copyFile, link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Fault } from '#lib/fault.ts'

/** Files of a result that several executions have of the same name: they are joined in the merged view. */
const joined: readonly string[] = ['stdout', 'stderr', 'exitCode']

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

  rename,

  remove: (path: string): Promise<void> => rm(path, { recursive: true, force: true }),

  /**
   * Moves what is in `from` to `into`. A file that is there with the same bytes is left; with other bytes it is a
   * Fault, and nothing is moved.
   */
  async moveContents(from: string, into: string): Promise<void> {
    const files = await filesOf(from)
    for (const file of files) {
      const target = join(into, file)
      if ((await isFile(target)) && !(await haveSameBytes(join(from, file), target))) throw conflict(target)
    }
    await mkdir(into, { recursive: true })
    for (const folder of await foldersOf(from)) await mkdir(join(into, folder), { recursive: true })
    for (const file of files) await rename(join(from, file), join(into, file))
    await rm(from, { recursive: true, force: true })
  },

  /**
   * One view of several results below `root`: files that only one of them has stand there too, their output is joined in
   * the order given. Returns the paths that more than one has and that were left where they are.
   */
  async merge(root: string, parts: readonly string[]): Promise<string[]> {
    const owners = new Map<string, string[]>()
    for (const part of parts) {
      for (const file of await filesOf(join(root, part))) owners.set(file, [...(owners.get(file) ?? []), part])
    }
    for (const name of joined) await rm(join(root, name), { force: true })
    const shared: string[] = []
    for (const [file, from] of owners) {
      if (joined.includes(file)) await joinOutput(root, file, from)
      else if (from.length > 1) shared.push(file)
      else await place(join(root, from[0] ?? '', file), join(root, file))
    }
    return shared
  },
}

async function joinOutput(root: string, file: string, parts: readonly string[]): Promise<void> {
  for (const part of parts) await appendFile(join(root, file), await readFile(join(root, part, file)))
}

/** The same bytes under a second name, without a copy where the file system can. */
async function place(source: string, target: string): Promise<void> {
  if (await isFile(target)) {
    if (await haveSameBytes(source, target)) return
    throw conflict(target)
  }
  await mkdir(dirname(target), { recursive: true })
  await link(source, target).catch(() => copyFile(source, target))
}

const conflict = (path: string): Fault =>
  new Fault(
    'Conflict',
    `cannot merge results as output already exists: ${path}. Try --raw to download raw results instead of merging them`,
    { hint: 'Choose another folder with --output-dir.' },
  )

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

async function haveSameBytes(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([stat(one), stat(other)])
  return a.size === b.size && (await readFile(one)).equals(await readFile(other))
}

const entriesOf = (root: string) => readdir(root, { recursive: true, withFileTypes: true })
const relative = (root: string, parent: string, name: string): string => join(parent, name).slice(root.length + 1)

const filesOf = async (root: string): Promise<string[]> =>
  (await entriesOf(root))
    .filter((each) => !each.isDirectory())
    .map((each) => relative(root, each.parentPath, each.name))
    .sort()

const foldersOf = async (root: string): Promise<string[]> =>
  (await entriesOf(root))
    .filter((each) => each.isDirectory())
    .map((each) => relative(root, each.parentPath, each.name))
    .sort()
