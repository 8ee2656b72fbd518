import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noWeb } from '#providers/wasm/child/pipe-web.ts'
import type { Mount } from '#providers/wasm/protocol/run-order.ts'
import { hostFunctions, wasiModule } from '#providers/wasm/wasi/bind.ts'
import { errno } from '#providers/wasm/wasi/errno.ts'
import { Guest } from '#providers/wasm/wasi/guest.ts'
import { openFlag } from '#providers/wasm/wasi/open-file.ts'
import { allRights, right } from '#providers/wasm/wasi/rights.ts'
import type { Web } from '#providers/wasm/wasi/web.ts'
import type { World } from '#providers/wasm/wasi/world.ts'

const nameOf = new Map(Object.entries(errno).map(([name, code]) => [code as number, name]))
const pathAt = 1024
const otherPathAt = 8192
const resultAt = 16
const bufferAt = 65_536
const root = 3

export type RigOptions = {
  mounts?: (folder: string) => Mount[]
  args?: string[]
  env?: [string, string][]
  world?: World
  collectYoung?: () => void
  web?: Web
}

/** A world in which time stands and chance is zero. */
export const stillWorld = (): World & { sleptNs: bigint } => ({
  isRepeatable: false,
  sleptNs: 0n,
  realtimeNs: () => 5n,
  monotonicNs: () => 7n,
  cpuNs: () => 9n,
  sleep(durationNs) {
    this.sleptNs += durationNs
  },
  fillRandom: (bytes) => void bytes.fill(1),
})

/**
 * A guest without a program: the calls of WASI, made by hand, on a folder of this machine. `out` is mounted writable at
 * `/out`, `in` read-only at `/in`; beside them lies `secret`, which nothing may reach. Answers are the names of error
 * numbers, or what the call gave.
 */
export class WasiRig {
  readonly folder = mkdtempSync(join(tmpdir(), 'wasi-rig-'))
  readonly memory = new WebAssembly.Memory({ initial: 16, maximum: 64 })
  readonly printed: { stream: number; text: string }[] = []
  readonly guest: Guest
  readonly #hostFunction: ReturnType<typeof hostFunctions>

  constructor(options: RigOptions = {}) {
    for (const name of ['in', 'out', 'secret']) mkdirSync(join(this.folder, name))
    const usual = [
      { guestPath: '/in', hostPath: join(this.folder, 'in'), isReadOnly: true },
      { guestPath: '/out', hostPath: join(this.folder, 'out'), isReadOnly: false },
    ]
    this.guest = new Guest({
      args: options.args ?? [''],
      env: options.env ?? [],
      mounts: options.mounts?.(this.folder) ?? usual,
      world: options.world ?? stillWorld(),
      ...(options.collectYoung && { collectYoung: options.collectYoung }),
      output: {
        write: (stream, bytes) => void this.printed.push({ stream, text: Buffer.from(bytes).toString('latin1') }),
        flush: () => {},
      },
      web: options.web ?? noWeb,
    })
    this.#hostFunction = hostFunctions(this.guest, this.memory)
  }

  close(): void {
    this.guest.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The raw call: a number from the guest is signed, as it comes there. */
  call(name: string, ...args: (number | bigint)[]): number | undefined {
    return this.#hostFunction(wasiModule, name)?.(...args)
  }

  /** The name of the error number a call gave. */
  ask(name: string, ...args: (number | bigint)[]): string {
    const code = this.call(name, ...args) as number
    return nameOf.get(code) ?? `errno ${code}`
  }

  get bytes(): Buffer {
    return Buffer.from(this.memory.buffer)
  }

  u32(at = resultAt): number {
    return this.bytes.readUInt32LE(at)
  }

  u64(at: number): bigint {
    return this.bytes.readBigUInt64LE(at)
  }

  put(text: string | Buffer, at = pathAt): [number, number] {
    const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text
    this.bytes.set(bytes, at)
    return [at, bytes.length]
  }

  /** Opens for reading (and writing); the descriptor's number, or the name of the error. */
  open(
    path: string,
    options: { flags?: number; isWriting?: boolean; follow?: number; at?: number } = {},
  ): number | string {
    const rights = right.fdRead | right.fdReaddir | (options.isWriting ? right.fdWrite : 0n)
    const where = [options.at ?? root, options.follow ?? 1, ...this.put(path)] as const
    const answer = this.ask('path_open', ...where, options.flags ?? 0, rights, allRights, 0, resultAt)
    return answer === 'success' ? this.u32() : answer
  }

  /** What a file holds, or the name of the error. */
  read(path: string, at = root): string {
    const fd = this.open(path, { at })
    if (typeof fd === 'string') return fd
    const text = this.readOpen(fd)
    this.ask('fd_close', fd)
    return text
  }

  readOpen(fd: number, sizeBytes = 4096): string {
    this.bytes.writeUInt32LE(bufferAt, 0)
    this.bytes.writeUInt32LE(sizeBytes, 4)
    const answer = this.ask('fd_read', fd, 0, 1, resultAt)
    return answer === 'success' ? this.bytes.toString('utf8', bufferAt, bufferAt + this.u32()) : answer
  }

  /** Makes or changes a file; the name of the error number. */
  write(path: string, text: string, at = root): string {
    const fd = this.open(path, { isWriting: true, flags: openFlag.create | openFlag.truncate, at })
    if (typeof fd === 'string') return fd
    const answer = this.writeOpen(fd, text)
    this.ask('fd_close', fd)
    return answer
  }

  writeOpen(fd: number, text: string): string {
    this.bytes.writeUInt32LE(bufferAt, 0)
    this.bytes.writeUInt32LE(this.put(text, bufferAt)[1], 4)
    return this.ask('fd_write', fd, 0, 1, resultAt)
  }

  /** A call that takes one path below the root. */
  onPath(name: string, path: string, at = root): string {
    return this.ask(name, at, ...this.put(path))
  }

  symlink(target: string, path: string): string {
    return this.ask('path_symlink', ...this.put(target), root, ...this.put(path, otherPathAt))
  }

  link(from: string, to: string, follow = 0): string {
    return this.ask('path_link', root, follow, ...this.put(from), root, ...this.put(to, otherPathAt))
  }

  rename(from: string, to: string): string {
    return this.ask('path_rename', root, ...this.put(from), root, ...this.put(to, otherPathAt))
  }

  readlink(path: string): string {
    const answer = this.ask('path_readlink', root, ...this.put(path), bufferAt, 4096, resultAt)
    return answer === 'success' ? this.bytes.toString('utf8', bufferAt, bufferAt + this.u32()) : answer
  }

  /** Type and size of what is there, or the name of the error. */
  stat(path: string, follow = 1): { type: number; size: bigint } | string {
    const answer = this.ask('path_filestat_get', root, follow, ...this.put(path), bufferAt)
    if (answer !== 'success') return answer
    return { type: this.bytes.readUInt8(bufferAt + 16), size: this.u64(bufferAt + 32) }
  }

  /** Names in a folder, read with a buffer of so many bytes; or the name of the error. */
  list(path: string, sizeBytes = 4096): string[] | string {
    const fd = this.open(path, { flags: openFlag.directory })
    if (typeof fd === 'string') return fd
    const names: string[] = []
    let cookie = 0n
    for (let isMore = true; isMore; ) {
      const answer = this.ask('fd_readdir', fd, bufferAt, sizeBytes, cookie, resultAt)
      if (answer !== 'success') return answer
      const used = this.u32()
      isMore = used === sizeBytes
      let at = bufferAt
      while (at + 24 <= bufferAt + used) {
        const length = this.u32(at + 16)
        if (at + 24 + length > bufferAt + used) break
        names.push(this.bytes.toString('utf8', at + 24, at + 24 + length))
        cookie = this.u64(at)
        at += 24 + length
      }
    }
    this.ask('fd_close', fd)
    return names.filter((name) => name !== '.' && name !== '..')
  }
}
