import { execFileSync } from 'node:child_process'

/** Only root may; CI is. */
export const canMount = process.getuid?.() === 0 && process.platform === 'linux'

/** Makes a folder a disk of its own, in memory. `options` are those of tmpfs, such as `size=256k`. */
export const mountDisk = (folder: string, options: string): void => mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder)

/** Gives it room while it is in use. */
export const growDisk = (folder: string, size: string): void => mount('-o', `remount,size=${size}`, folder)

export const unmountDisk = (folder: string): void => void execFileSync('umount', ['-l', folder])

const mount = (...words: string[]): void => void execFileSync('mount', words)
