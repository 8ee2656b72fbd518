import { fdatasyncSync, fstatSync, fsyncSync, ftruncateSync } from 'node:fs'
import type { Descriptor } from '../descriptor-table.ts'
import { fail } from '../errno.ts'
import { writeFileStat } from '../file-stat.ts'
import { fileType } from '../file-type.ts'
import type { Guest } from '../guest.ts'
import { readFolder } from '../listing.ts'
import { fdFlag, reopenFile } from '../open-file.ts'
import { right } from '../rights.ts'
import { type Call, call } from './call.ts'

const whence = { set: 0, current: 1, end: 2 } as const

/** Calls on what is open, except reading and writing. */
export const fdCalls: Record<string, Call> = {
  fd_close: call('i', ({ descriptors }, _memory, fd: number) => descriptors.close(fd)),
  fd_renumber: call('ii', ({ descriptors }, _memory, from: number, to: number) => descriptors.renumber(from, to)),
  fd_advise: call('iIIi', ({ descriptors }, _memory, fd: number, _offset: bigint, _length: bigint, advice: number) => {
    descriptors.file(fd)
    if (advice > 5) fail('inval')
  }),
  fd_allocate: call('iII', ({ descriptors }, _memory, fd: number) => {
    descriptors.file(fd)
    fail('notsup')
  }),
  fd_datasync: call('i', (guest, _memory, fd: number) => synchronise(guest, guest.descriptors.get(fd), fdatasyncSync)),
  fd_sync: call('i', (guest, _memory, fd: number) => synchronise(guest, guest.descriptors.get(fd), fsyncSync)),
  fd_seek: call('iIii', (guest, memory, fd: number, offset: bigint, from: number, result: number) => {
    memory.setU64(result, BigInt(seek(guest, fd, BigInt.asIntN(64, offset), from)))
  }),
  fd_tell: call('ii', ({ descriptors }, memory, fd: number, result: number) => {
    memory.setU64(result, BigInt(descriptors.file(fd).offset))
  }),
  fd_fdstat_get: call('ii', ({ descriptors }, memory, fd: number, result: number) => {
    const descriptor = descriptors.get(fd)
    memory.bytes(result, 24).fill(0)
    memory.setU8(result, typeOf(descriptor))
    memory.setU16(result + 2, descriptor.flags)
    memory.setU64(result + 8, descriptor.rights)
    memory.setU64(result + 16, descriptor.inheriting)
  }),
  fd_fdstat_set_flags: call('ii', ({ descriptors }, _memory, fd: number, flags: number) => {
    const descriptor = descriptors.get(fd)
    if (flags > 31) fail('inval')
    const changed = flags ^ descriptor.flags
    if (descriptor.kind === 'file' && changed & ~fdFlag.nonblock) reopenFile(descriptor, flags)
    descriptor.flags = flags
  }),
  fd_fdstat_set_rights: call('iII', ({ descriptors }, _memory, fd: number, rights: bigint, inheriting: bigint) => {
    const descriptor = descriptors.get(fd)
    if (rights & ~descriptor.rights || inheriting & ~descriptor.inheriting) fail('notcapable')
    descriptor.rights = rights
    descriptor.inheriting = inheriting
    if (descriptor.kind !== 'file') return
    descriptor.isReadable &&= (rights & right.fdRead) !== 0n
    descriptor.isWritable &&= (rights & right.fdWrite) !== 0n
  }),
  fd_filestat_get: call('ii', (guest, memory, fd: number, result: number) => {
    writeFileStat(memory, result, statOf(guest, guest.descriptors.get(fd)))
  }),
  fd_filestat_set_size: call('iI', (guest, _memory, fd: number, size: bigint) => {
    const file = guest.descriptors.file(fd)
    if (!file.isWritable) fail('badf')
    guest.spendDisk(Math.max(0, safeNumber(size) - fstatSync(file.fd).size))
    ftruncateSync(file.fd, safeNumber(size))
  }),
  fd_filestat_set_times: call('iIIi', (guest, _memory, fd: number, atimNs: bigint, mtimNs: bigint, flags: number) => {
    guest.times.set(changeable(guest.descriptors.get(fd)), { atimNs, mtimNs, flags })
  }),
  fd_prestat_get: call('ii', ({ descriptors }, memory, fd: number, result: number) => {
    memory.setU32(result, 0)
    memory.setU32(result + 4, preopenOf(descriptors.get(fd)).length)
  }),
  fd_prestat_dir_name: call('iii', ({ descriptors }, memory, fd: number, pointer: number, lengthBytes: number) => {
    const name = preopenOf(descriptors.get(fd))
    if (lengthBytes < name.length) fail('nametoolong')
    memory.bytes(pointer, name.length).set(Buffer.from(name))
  }),
  fd_readdir: call('iiiIi', (guest, memory, fd: number, ...rest: [number, number, bigint, number]) => {
    const [pointer, sizeBytes, cookie, result] = rest
    memory.setU32(
      result,
      readFolder(guest.stats, guest.descriptors.folder(fd), cookie, memory.bytes(pointer, sizeBytes)),
    )
  }),
}

/** A 64-bit size or position as a number, while it is exact; files are never larger. */
export function safeNumber(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) fail('fbig')
  return Number(value)
}

function seek(guest: Guest, fd: number, offset: bigint, from: number): number {
  const file = guest.descriptors.file(fd)
  const bases: Record<number, () => number> = {
    [whence.set]: () => 0,
    [whence.current]: () => file.offset,
    [whence.end]: () => fstatSync(file.fd).size,
  }
  const target = BigInt((bases[from] ?? (() => fail('inval')))()) + offset
  if (target < 0n) fail('inval')
  if (target > BigInt(Number.MAX_SAFE_INTEGER)) fail('overflow')
  file.offset = Number(target)
  return file.offset
}

function synchronise(guest: Guest, descriptor: Descriptor, flush: (fd: number) => void): void {
  if (descriptor.kind === 'stream') guest.output.flush()
  if (descriptor.kind === 'file') flush(descriptor.fd)
}

function statOf(guest: Guest, descriptor: Descriptor) {
  if (descriptor.kind === 'stream') return guest.stats.ofStream()
  return guest.stats.of(descriptor.kind === 'file' ? { fd: descriptor.fd, node: undefined } : descriptor.folder)
}

/** The file or folder of the disk whose times may be set, however it was opened. */
function changeable(descriptor: Descriptor): number {
  if (descriptor.kind === 'stream') return fail('badf')
  if (descriptor.kind === 'file') return descriptor.isReadOnly ? fail('rofs') : descriptor.fd
  const { fd, mount } = descriptor.folder
  return fd === undefined || mount?.isReadOnly !== false ? fail('rofs') : fd
}

const typeOf = (descriptor: Descriptor): number =>
  ({ file: fileType.regularFile, folder: fileType.directory, stream: fileType.unknown })[descriptor.kind]

const preopenOf = (descriptor: Descriptor): string =>
  (descriptor.kind === 'folder' ? descriptor.preopenedAs : undefined) ?? fail('badf')
