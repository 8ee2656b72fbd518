import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { PassThrough, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar as unpackTo } from 'modern-tar/fs'
import type { UnpackArchive, UnpackLimits } from '#contracts/archive.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import { escapedPath, restoreNames } from './tar-names.ts'

/** The same for an archive that is not compressed. */
export const unpackTar: UnpackArchive = (...given) => unpack(() => new PassThrough(), ...given)
export const unpackTarGz: UnpackArchive = (...given) => unpack(createGunzip, ...given)

async function unpack(
  decompressed: () => Transform,
  ...[source, directory, limits, signal, isWanted = () => true]: Parameters<UnpackArchive>
): Promise<void> {
  const check = entryCheck(limits)
  let isEscaped = false
  const escaped = (path: string): string => {
    const safe = escapedPath(path)
    isEscaped ||= safe !== path
    return safe
  }
  const unpacker = unpackTo(directory, {
    strict: true,
    filter: ({ type, name, size }) => {
      check(type, name, type === 'file' || type === undefined ? size : 0)
      return isWanted(name, type === 'symlink' || type === 'link')
    },
    map: (header) => ({
      ...header,
      name: escaped(header.name),
      ...(header.linkname && { linkname: escaped(header.linkname) }),
      // What a folder forbids its owner could be neither filled nor removed.
      mode: (header.mode ?? 0o644) | (header.type === 'directory' ? 0o700 : 0o600),
    }),
  })
  try {
    await pipeline(source, decompressed(), bounded(limits), unpacker, { signal })
    if (isEscaped) await restoreNames(directory)
  } catch (error) {
    await emptied(directory)
    if (signal.aborted) throw signal.reason
    throw asFault(error)
  }
}

/** Counts entries and bytes by what their headers announce, before any of it is written. */
function entryCheck(limits: UnpackLimits) {
  const names = new Set<string>()
  let entries = 0
  let totalBytes = 0
  return (type: string | undefined, name: string, sizeBytes: number): void => {
    if (type !== undefined && special.has(type)) throw refused(`${JSON.stringify(name)} is a ${type}`)
    if (name.startsWith('/')) throw refused(`${JSON.stringify(name)} points outside of it`)
    // Of two of one name one would be lost without a word.
    if (type !== 'directory' && names.has(normalize(name))) throw refused(`${JSON.stringify(name)} is twice in it`)
    names.add(normalize(name))
    entries += 1
    totalBytes += sizeBytes
    if (entries > limits.entries) throw tooMuch(`more than ${limits.entries} entries`)
    if (sizeBytes > limits.fileBytes) throw tooMuch(`${name} is larger than ${limits.fileBytes} bytes`)
    if (totalBytes > limits.totalBytes) throw tooMuch(`more than ${limits.totalBytes} bytes`)
  }
}

/** Headers may lie; what really comes out of the compression may not be much more than they are allowed to say. */
function bounded(limits: UnpackLimits): Transform {
  const slackBytes = 1024 * 1024 + 2048 * limits.entries
  let sizeBytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length
      if (sizeBytes > limits.totalBytes + slackBytes) done(tooMuch(`more than ${limits.totalBytes} bytes`))
      else done(null, chunk)
    },
  })
}

async function emptied(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true })
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  if (isDiskFull(error)) return new Fault('StorageFull', 'no space left to unpack the archive', { cause: error })
  return new Fault('BadRequest', `cannot unpack the archive: ${messageOf(error)}`, { cause: error })
}

/** What no result is made of. */
const special: ReadonlySet<string> = new Set(['character-device', 'block-device', 'fifo'])

const refused = (why: string): Fault => new Fault('BadRequest', `cannot unpack the archive: ${why}`)
const tooMuch = (what: string): Fault => new Fault('ResourceExhausted', `the archive holds too much: ${what}`)
