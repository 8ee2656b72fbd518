import { constants } from 'node:fs'
import type { Descriptor, FileDescriptor } from './descriptor-table.ts'
import { errno, errnoOf, fail } from './errno.ts'
import { close, createBelow, openFolder, openHeld } from './host-file.ts'
import type { TreeNode } from './mount-tree.ts'
import { folderRights, right } from './rights.ts'
import { type Folder, folderOf, type Place, withPlace } from './walk.ts'

export const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const
export const fdFlag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const

export type OpenWish = {
  isLinkFollowed: boolean
  openFlags: number
  fdFlags: number
  rights: bigint
  inheriting: bigint
  /** Called before a file is made. */
  onMade?: () => void
}

const raceLimit = 3

/** `path_open`: a file or folder of the guest, opened for as much as was asked and its mount allows. */
export function openFile(root: TreeNode, start: Folder, path: string, wish: OpenWish): Descriptor {
  const isExclusive = hasFlag(wish.openFlags, openFlag.create) && hasFlag(wish.openFlags, openFlag.exclusive)
  if (hasFlag(wish.openFlags, openFlag.create) && hasFlag(wish.openFlags, openFlag.directory)) fail('inval')
  for (let attempt = 1; ; attempt += 1) {
    try {
      return withPlace(root, start, path, wish.isLinkFollowed && !isExclusive, (place) =>
        openPlace(place, wish, isExclusive),
      )
    } catch (error) {
      // Someone else made the file between our look and our making it.
      const isRace = errnoOf(error) === errno.exist && !isExclusive && attempt < raceLimit
      if (!isRace) throw error
    }
  }
}

function openPlace(place: Place, wish: OpenWish, isExclusive: boolean): Descriptor {
  if (place.node === undefined && place.fd === undefined) return create(place, wish)
  if (isExclusive) fail('exist')
  if (place.stat?.isSymbolicLink()) fail('loop')
  if (place.stat === undefined || place.stat.isDirectory()) return openDirectory(place, wish)
  if (hasFlag(wish.openFlags, openFlag.directory) || place.isFolderWanted) fail('notdir')
  // A FIFO would wait, a device is not ours to touch.
  if (!place.stat.isFile()) fail('acces')
  const isTruncating = hasFlag(wish.openFlags, openFlag.truncate)
  if (isWriting(wish) || isTruncating) requireWritable(place)
  const flags = systemFlags(accessOf(wish), wish.fdFlags) | (isTruncating ? constants.O_TRUNC : 0)
  return describeFile(openHeld(place.fd as number, flags), place, wish)
}

function openDirectory(place: Place, wish: OpenWish): Descriptor {
  if (hasFlag(wish.openFlags, openFlag.create | openFlag.truncate) || isWriting(wish)) fail('isdir')
  const folder =
    place.node === undefined
      ? { node: undefined, mount: place.mount, fd: openFolder(place.fd as number) }
      : folderOf(place.node)
  return {
    kind: 'folder',
    folder,
    rights: wish.rights & folderRights,
    inheriting: wish.inheriting,
    flags: wish.fdFlags,
  }
}

function create(place: Place, wish: OpenWish): Descriptor {
  if (!hasFlag(wish.openFlags, openFlag.create)) fail('noent')
  if (place.isFolderWanted) fail('isdir')
  requireWritable(place)
  wish.onMade?.()
  const flags = systemFlags(accessOf(wish), wish.fdFlags)
  return describeFile(createBelow(place.parent?.fd as number, place.name, flags), place, wish)
}

/** Opens a file once more: most of its flags cannot be changed while it is open. */
export function reopenFile(file: FileDescriptor, fdFlags: number): void {
  const fd = openHeld(file.fd, systemFlags(file, fdFlags))
  close(file.fd)
  file.fd = fd
}

const describeFile = (fd: number, { mount }: Place, wish: OpenWish): Descriptor => ({
  kind: 'file',
  fd,
  offset: 0,
  ...accessOf(wish),
  isReadOnly: mount?.isReadOnly ?? true,
  rights: wish.rights,
  inheriting: wish.inheriting,
  flags: wish.fdFlags,
})

/** Names can be made, changed and removed only below a mount that is not read-only. */
export function requireWritable(place: Place): void {
  if (place.mount === undefined || place.mount.isReadOnly) fail('rofs')
}

type Access = Pick<FileDescriptor, 'isReadable' | 'isWritable'>

function systemFlags({ isReadable, isWritable }: Access, fdFlags: number): number {
  const access = !isWritable ? constants.O_RDONLY : isReadable ? constants.O_RDWR : constants.O_WRONLY
  return (
    access |
    (hasFlag(fdFlags, fdFlag.append) ? constants.O_APPEND : 0) |
    (hasFlag(fdFlags, fdFlag.dsync) ? constants.O_DSYNC : 0) |
    (hasFlag(fdFlags, fdFlag.sync | fdFlag.rsync) ? constants.O_SYNC : 0)
  )
}

const accessOf = (wish: OpenWish): Access => ({
  isReadable: (wish.rights & right.fdRead) !== 0n || !isWriting(wish),
  isWritable: isWriting(wish),
})
const isWriting = (wish: OpenWish): boolean => (wish.rights & right.fdWrite) !== 0n
/** Whether any of the flags is set. */
const hasFlag = (flags: number, any: number): boolean => (flags & any) !== 0
