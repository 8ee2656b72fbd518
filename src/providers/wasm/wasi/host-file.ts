import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs'

/**
 * Files of this machine, reached only through descriptors: `openat` as pure Node can have it. A name is one component
 * without `/`, and a link in its place is never followed. Linux only (/proc).
 */

/** A handle on a place in the tree that opens nothing: no device is touched, no FIFO waits. */
const O_PATH = 0o10000000
const { O_NOFOLLOW, O_NONBLOCK, O_NOCTTY, O_DIRECTORY } = constants

/** Where a name below an open folder is found. Names carry one character per byte. */
export const pathBelow = (folderFd: number, name: string): string | Buffer => {
  const path = `/proc/self/fd/${folderFd}/${name}`
  return isAscii(name) ? path : Buffer.from(path, 'latin1')
}

/** What an open descriptor is, as a path; following it gives that very file. */
export const pathOf = (fd: number): string => `/proc/self/fd/${fd}`

/** Takes hold of a name without opening it; a link is held itself. Throws ENOENT and the like. */
export const holdBelow = (folderFd: number, name: string): number =>
  openSync(pathBelow(folderFd, name), O_PATH | O_NOFOLLOW)

/** Takes hold of a path that the host chose; links in it are followed. */
export const holdTrusted = (path: string): number => openSync(path, O_PATH)

/** Really opens what is held. The caller has made sure that it is a regular file or a folder. */
export const openHeld = (fd: number, flags: number): number => openSync(pathOf(fd), flags | O_NONBLOCK | O_NOCTTY)

export const openFolder = (fd: number): number => openHeld(fd, constants.O_RDONLY | O_DIRECTORY)

/** Makes a file that must not be there yet. */
export const createBelow = (folderFd: number, name: string, flags: number): number =>
  openSync(pathBelow(folderFd, name), flags | constants.O_CREAT | constants.O_EXCL | O_NOFOLLOW | O_NOCTTY, 0o666)

export const statOf = (fd: number): Stats => fstatSync(fd)

export const close = (fd: number): void => closeSync(fd)

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)
