import { fstatSync, readvSync, writevSync } from 'node:fs'
import type { Descriptor, FileDescriptor } from '../descriptor-table.ts'
import { fail } from '../errno.ts'
import type { Guest } from '../guest.ts'
import { fdFlag } from '../open-file.ts'
import { type Call, call } from './call.ts'
import { safeNumber } from './fd-calls.ts'

/** Reading and writing, straight from and into the guest's memory. */
export const transferCalls: Record<string, Call> = {
  fd_read: call('iiii', ({ descriptors }, memory, fd: number, vectors: number, count: number, result: number) => {
    const descriptor = descriptors.get(fd)
    const buffers = memory.vectors(vectors, count)
    memory.u32(result)
    memory.setU32(result, read(descriptor, buffers))
  }),
  fd_pread: call('iiiIi', ({ descriptors }, memory, fd: number, ...rest: [number, number, bigint, number]) => {
    const [vectors, count, offset, result] = rest
    const file = readable(descriptors.file(fd))
    const buffers = memory.vectors(vectors, count)
    memory.u32(result)
    memory.setU32(result, buffers.length === 0 ? 0 : readvSync(file.fd, buffers, safeNumber(offset)))
  }),
  fd_write: call('iiii', (guest, memory, fd: number, vectors: number, count: number, result: number) => {
    const descriptor = guest.descriptors.get(fd)
    const buffers = memory.vectors(vectors, count)
    memory.u32(result)
    memory.setU32(result, write(guest, descriptor, buffers))
  }),
  fd_pwrite: call('iiiIi', (guest, memory, fd: number, ...rest: [number, number, bigint, number]) => {
    const [vectors, count, offset, result] = rest
    const file = writable(guest.descriptors.file(fd))
    const buffers = memory.vectors(vectors, count)
    memory.u32(result)
    guest.spendDisk(lengthOf(buffers))
    memory.setU32(result, buffers.length === 0 ? 0 : writevSync(file.fd, buffers, safeNumber(offset)))
  }),
}

function read(descriptor: Descriptor, buffers: Uint8Array[]): number {
  if (descriptor.kind === 'folder') fail('isdir')
  if (descriptor.kind === 'stream') return descriptor.stream === 0 ? 0 : fail('badf')
  const file = readable(descriptor)
  if (buffers.length === 0) return 0
  const count = readvSync(file.fd, buffers, file.offset)
  file.offset += count
  return count
}

function write(guest: Guest, descriptor: Descriptor, buffers: Uint8Array[]): number {
  if (descriptor.kind === 'folder') fail('isdir')
  if (descriptor.kind === 'stream') return writeStream(guest, descriptor.stream, buffers)
  const file = writable(descriptor)
  if (buffers.length === 0) return 0
  guest.spendDisk(lengthOf(buffers))
  if (file.flags & fdFlag.append) file.offset = fstatSync(file.fd).size
  const count = writevSync(file.fd, buffers, file.offset)
  file.offset += count
  return count
}

function writeStream(guest: Guest, stream: 0 | 1 | 2, buffers: Uint8Array[]): number {
  if (stream === 0) fail('badf')
  let count = 0
  for (const buffer of buffers) {
    guest.output.write(stream, buffer)
    count += buffer.byteLength
  }
  return count
}

const lengthOf = (buffers: readonly Uint8Array[]): number =>
  buffers.reduce((sum, { byteLength }) => sum + byteLength, 0)
const readable = (file: FileDescriptor): FileDescriptor => (file.isReadable ? file : fail('badf'))
const writable = (file: FileDescriptor): FileDescriptor => (file.isWritable ? file : fail('badf'))
