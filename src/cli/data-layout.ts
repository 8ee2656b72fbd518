import { Fault, messageOf } from '#lib/fault.ts'
import type { Host } from './host.ts'

/** The newest layout of a data folder that older programs of this field write, and that we read. */
const newestKnown = 3

/** A folder that a program newer than all we know has written is left alone. */
export async function refuseUnknownLayout(dataDir: string, { disk }: Host): Promise<void> {
  const bytes = await disk.readFile(`${dataDir}/repo.version`).catch((error: unknown) => {
    throw new Fault('ValidationError', `cannot open the data folder "${dataDir}": ${reasonOf(error)}`, {
      ...another,
      cause: error,
    })
  })
  const version = bytes && versionIn(Buffer.from(bytes).toString('utf8'))
  if (version === undefined || version <= newestKnown) return
  throw new Fault(
    'ValidationError',
    `failed to reconcile repo: \nUnsupported repository version ${version}.\n` +
      'Bacalhau does not know how to read this configuration format and\n' +
      'you will need to upgrade to a newer version to upgrade this repository.',
    another,
  )
}

const another = { component: 'Config', hint: 'Choose another folder with --data-dir.' }

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOTDIR') return 'not a directory'
  return code === 'EACCES' ? 'permission denied' : messageOf(error)
}

/** Undefined when the file says nothing of the kind: then it is not for us to judge. */
function versionIn(text: string): number | undefined {
  try {
    const { Version } = JSON.parse(text) as { Version?: unknown }
    return typeof Version === 'number' ? Version : undefined
  } catch {
    return undefined
  }
}
