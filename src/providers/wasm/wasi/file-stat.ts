import { type BigIntStats, fstatSync } from 'node:fs'
import type { FileTimes } from './file-times.ts'
import { fileType, fileTypeOf } from './file-type.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { TreeNode } from './mount-tree.ts'

/** What `fd_filestat_get` and `path_filestat_get` answer. Times are Unix nanoseconds. */
export type FileStat = {
  dev: bigint
  ino: bigint
  type: number
  nlink: bigint
  size: bigint
  atim: bigint
  mtim: bigint
  ctim: bigint
}

const fixedTimeNs = 1_640_995_200_000_000_000n
/** The device number of the guest's own tree; no disk has it. */
const treeDevice = 0xffff_ffffn

/** Reads the state of files; in a repeatable run without what differs from machine to machine. */
export class FileStats {
  readonly #isRepeatable: boolean
  readonly #times: FileTimes
  readonly #numbers = new Map<string, bigint>()

  constructor(isRepeatable: boolean, times: FileTimes) {
    this.#isRepeatable = isRepeatable
    this.#times = times
  }

  /** What is held on the disk; else the folder that exists only for the guest. */
  of({ fd, node }: { fd: number | undefined; node: TreeNode | undefined }): FileStat {
    return fd === undefined ? this.#ofTree(node?.number ?? 0) : this.ofDisk(fstatSync(fd, { bigint: true }))
  }

  ofDisk(stat: BigIntStats): FileStat {
    return this.#isRepeatable ? this.#repeatable(stat) : this.#plain(stat)
  }

  #ofTree(number: number): FileStat {
    const time = fixedTimeNs
    const size = { nlink: 1n, size: 0n }
    return {
      dev: treeDevice,
      ino: BigInt(number),
      type: fileType.directory,
      ...size,
      atim: time,
      mtim: time,
      ctim: time,
    }
  }

  /** A standard stream. */
  ofStream(): FileStat {
    return { dev: 0n, ino: 0n, type: fileType.unknown, nlink: 1n, size: 0n, atim: 0n, mtim: 0n, ctim: 0n }
  }

  /** Files are numbered in the order the guest meets them. */
  #repeatable(stat: BigIntStats): FileStat {
    const key = `${stat.dev}:${stat.ino}`
    const ino = this.#numbers.get(key) ?? BigInt(this.#numbers.size + 1)
    if (this.#numbers.size < 100_000) this.#numbers.set(key, ino)
    const size = stat.isDirectory() ? 0n : stat.size
    return {
      ...this.#plain(stat),
      dev: 1n,
      ino,
      size,
      nlink: 1n,
      atim: fixedTimeNs,
      mtim: fixedTimeNs,
      ctim: fixedTimeNs,
    }
  }

  #plain(stat: BigIntStats): FileStat {
    const { atimeNs, mtimeNs } = this.#times.of(stat)
    const { dev, ino, nlink, size } = stat
    return { dev, ino, type: fileTypeOf(stat), nlink, size, atim: atimeNs, mtim: mtimeNs, ctim: stat.ctimeNs }
  }
}

/** Writes the 64 bytes of a filestat. */
export function writeFileStat(memory: GuestMemory, pointer: number, stat: FileStat): void {
  memory.bytes(pointer, 64).fill(0)
  memory.setU64(pointer, BigInt.asUintN(64, stat.dev))
  memory.setU64(pointer + 8, stat.ino)
  memory.setU8(pointer + 16, stat.type)
  memory.setU64(pointer + 24, stat.nlink)
  memory.setU64(pointer + 32, stat.size)
  memory.setU64(pointer + 40, BigInt.asUintN(64, stat.atim))
  memory.setU64(pointer + 48, BigInt.asUintN(64, stat.mtim))
  memory.setU64(pointer + 56, BigInt.asUintN(64, stat.ctim))
}
