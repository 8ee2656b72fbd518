import { constants } from 'node:fs'
import type { Descriptor } from './descriptor-table.ts'
import { errno, errnoOf, fail } from './errno.ts'
import { createBelow, openFolder, openHeld } from './host-file.ts'
import type { TreeNode } from './mount-tree.ts'
import { right } from './rights.ts'
import { type Folder, folderOf, type Place, withPlace } from './walk.ts'

export const openFlag = { create: 1, directory: 2, exclusive: 4, truncate: 8 } as const
export const fdFlag = { append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16 } as const

export type OpenWish = {
  isLinkFollowed: boolean
  openFlags: number
  fdFlags: number
  rights: bigint
  inheriting: bigint
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
  if (isWriting(wish) || hasFlag(wish.openFlags, openFlag.truncate)) requireWritable(place)
  return describeFile(openHeld(place.fd as number, systemFlags(wish)), wish)
}

function openDirectory(place: Place, wish: OpenWish): Descriptor {
  const isAsked = hasFlag(wish.openFlags, openFlag.directory)
  if (hasFlag(wish.openFlags, openFlag.create | openFlag.truncate) || (isWriting(wish) && !isAsked)) fail('isdir')
  const folder =
    place.node === undefined
      ? { node: undefined, mount: place.mount, fd: openFolder(place.fd as number) }
      : folderOf(place.node)
  return { kind: 'folder', folder, rights: wish.rights, inheriting: wish.inheriting, flags: wish.fdFlags }
}

function create(place: Place, wish: OpenWish): Descriptor {
  if (!hasFlag(wish.openFlags, openFlag.create)) fail('noent')
  if (place.isFolderWanted) fail('isdir')
  requireWritable(place)
  return describeFile(createBelow(place.parent?.fd as number, place.name, systemFlags(wish)), wish)
}

const describeFile = (fd: number, wish: OpenWish): Descriptor => ({
  kind: 'file',
  fd,
  offset: 0,
  isReadable: isReading(wish) || !isWriting(wish),
  isWritable: isWriting(wish),
  rights: wish.rights,
  inheriting: wish.inheriting,
  flags: wish.fdFlags,
})

/** Names can be made, changed and removed only below a mount that is not read-only. */
export function requireWritable(place: Place): void {
  if (place.mount === undefined || place.mount.isReadOnly) fail('rofs')
}

function systemFlags(wish: OpenWish): number {
  const access = !isWriting(wish) ? constants.O_RDONLY : isReading(wish) ? constants.O_RDWR : constants.O_WRONLY
  return (
    access |
    (hasFlag(wish.openFlags, openFlag.truncate) ? constants.O_TRUNC : 0) |
    (hasFlag(wish.fdFlags, fdFlag.append) ? constants.O_APPEND : 0) |
    (hasFlag(wish.fdFlags, fdFlag.dsync) ? constants.O_DSYNC : 0) |
    (hasFlag(wish.fdFlags, fdFlag.sync | fdFlag.rsync) ? constants.O_SYNC : 0)
  )
}

const isReading = (wish: OpenWish): boolean => (wish.rights & right.fdRead) !== 0n
const isWriting = (wish: OpenWish): boolean => (wish.rights & right.fdWrite) !== 0n
/** Whether any of the flags is set. */
const hasFlag = (flags: number, any: number): boolean => (flags & any) !== 0
