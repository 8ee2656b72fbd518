import { fail } from '../errno.ts'
import { writeFileStat } from '../file-stat.ts'
import type { From } from '../folder-calls.ts'
import type { Guest } from '../guest.ts'
import type { GuestMemory } from '../guest-memory.ts'
import { openFile, requireWritable } from '../open-file.ts'
import { withPlace } from '../walk.ts'
import { type Call, call } from './call.ts'

/** Bit of the lookup flags: follow a link in the last place. */
const followFlag = 1

/** Calls that begin at a folder of the guest and name something below. */
export const pathCalls: Record<string, Call> = {
  path_open: call('iiiiiIIii', (guest, memory, fd: number, lookup: number, ...rest: OpenArguments) => {
    const [pointer, length, openFlags, rights, inheriting, fdFlags, result] = rest
    const { folder, path } = from(guest, memory, fd, pointer, length)
    memory.u32(result)
    const isLinkFollowed = (lookup & followFlag) !== 0
    const onMade = () => guest.spendName()
    const wish = { isLinkFollowed, openFlags, fdFlags: fdFlags & 31, rights, inheriting, onMade }
    memory.setU32(result, guest.descriptors.add(openFile(guest.tree.root, folder, path, wish)))
  }),
  path_create_directory: call('iii', (guest, memory, fd: number, pointer: number, length: number) => {
    guest.folders.makeDirectory(from(guest, memory, fd, pointer, length))
    guest.spendName()
  }),
  path_remove_directory: call('iii', (guest, memory, fd: number, pointer: number, length: number) =>
    guest.folders.removeDirectory(from(guest, memory, fd, pointer, length)),
  ),
  path_unlink_file: call('iii', (guest, memory, fd: number, pointer: number, length: number) =>
    guest.folders.unlink(from(guest, memory, fd, pointer, length)),
  ),
  path_rename: call('iiiiii', (guest, memory, ...args: [number, number, number, number, number, number]) => {
    const [oldFd, oldPointer, oldLength, newFd, newPointer, newLength] = args
    guest.folders.rename(
      from(guest, memory, oldFd, oldPointer, oldLength),
      from(guest, memory, newFd, newPointer, newLength),
    )
  }),
  path_link: call('iiiiiii', (guest, memory, oldFd: number, lookup: number, ...rest: LinkArguments) => {
    const [oldPointer, oldLength, newFd, newPointer, newLength] = rest
    guest.folders.link(
      from(guest, memory, oldFd, oldPointer, oldLength),
      (lookup & followFlag) !== 0,
      from(guest, memory, newFd, newPointer, newLength),
    )
    guest.spendName()
  }),
  path_symlink: call('iiiii', (guest, memory, target: number, targetLength: number, ...rest: SymlinkArguments) => {
    guest.folders.symlink(memory.path(target, targetLength), from(guest, memory, ...rest))
    guest.spendName()
  }),
  path_readlink: call('iiiiii', (guest, memory, fd: number, ...rest: ReadlinkArguments) => {
    const [pointer, length, buffer, sizeBytes, result] = rest
    const text = Buffer.from(guest.folders.readlink(from(guest, memory, fd, pointer, length)), 'latin1')
    const taken = text.subarray(0, sizeBytes)
    memory.bytes(buffer, sizeBytes).set(taken)
    memory.setU32(result, taken.length)
  }),
  path_filestat_get: call('iiiii', (guest, memory, fd: number, lookup: number, ...rest: [number, number, number]) => {
    const [pointer, length, result] = rest
    const { folder, path } = from(guest, memory, fd, pointer, length)
    withPlace(guest.tree.root, folder, path, (lookup & followFlag) !== 0, (place) => {
      if (place.node === undefined && place.fd === undefined) fail('noent')
      if (place.isFolderWanted && place.stat?.isDirectory() === false) fail('notdir')
      writeFileStat(memory, result, guest.stats.of(place))
    })
  }),
  path_filestat_set_times: call('iiiiIIi', (guest, memory, fd: number, lookup: number, ...rest: TimesArguments) => {
    const [pointer, length, atimNs, mtimNs, flags] = rest
    const { folder, path } = from(guest, memory, fd, pointer, length)
    withPlace(guest.tree.root, folder, path, (lookup & followFlag) !== 0, (place) => {
      if (place.node === undefined && place.fd === undefined) fail('noent')
      requireWritable(place)
      const wish = { atimNs, mtimNs, flags }
      if (place.stat?.isSymbolicLink()) guest.times.setOfLink(place, wish)
      else guest.times.set(place.fd as number, wish)
    })
  }),
}

type OpenArguments = [number, number, number, bigint, bigint, number, number]
type LinkArguments = [number, number, number, number, number]
type SymlinkArguments = [number, number, number]
type ReadlinkArguments = [number, number, number, number, number]
type TimesArguments = [number, number, bigint, bigint, number]

/** Paths begin at a folder the guest has, so the interface knows no absolute ones. */
function from(guest: Guest, memory: GuestMemory, fd: number, pointer: number, length: number): From {
  const path = memory.path(pointer, length)
  if (path.startsWith('/')) fail('perm')
  return { folder: guest.descriptors.folder(fd).folder, path }
}
