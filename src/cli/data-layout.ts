import { Fault, messageOf } from '#lib/fault.ts'
import type { Host } from './host.ts'

/** The newest layout of a data folder that older programs of this field write, and that we read. */
const newestKnown = 5

/** Where the generations say which layout it is. What a file does not say is not for us to judge. */
const places: Readonly<Record<string, RegExp>> = {
  'repo.version': /"Version"\s*:\s*(\d+)/,
  'system_metadata.yaml': /^["']?RepoVersion["']?:\s*(\d+)/im,
}

/** A folder that a program newer than all we know has written is left alone. */
export async function refuseUnknownLayout(dataDir: string, { disk }: Host): Promise<void> {
  for (const [file, pattern] of Object.entries(places)) {
    const bytes = await disk.readFile(`${dataDir}/${file}`).catch((error: unknown) => {
      throw new Fault('ValidationError', `cannot open the data folder "${dataDir}": ${reasonOf(error)}`, {
        ...another,
        cause: error,
      })
    })
    const version = Number(pattern.exec(Buffer.from(bytes ?? '').toString('utf8'))?.[1] ?? 0)
    if (version > newestKnown) throw unknownLayout(version)
  }
}

const unknownLayout = (version: number): Fault =>
  new Fault(
    'ValidationError',
    `failed to reconcile repo: \nUnsupported repository version ${version}.\n` +
      'Bacalhau does not know how to read this configuration format and\n' +
      'you will need to upgrade to a newer version to upgrade this repository.',
    another,
  )

const another = { component: 'Config', hint: 'Choose another folder with --data-dir.' }

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOTDIR') return 'not a directory'
  return code === 'EACCES' ? 'permission denied' : messageOf(error)
}
