import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Journal, JournalEntry } from '#contracts/journal.ts'
import { assert } from '#lib/assert.ts'
import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { damagedFault } from './sqlite-faults.ts'

/** Length of the body (u32), checksum of all that follows (u32), number of the entry (u64), form of the body (u8); little endian. */
const headBytes = 17
const checkedFrom = 8
const formAt = 16

/** How a body is written: V8's own form, or JSON where a number keeps its source text, which V8 cannot hand on; and made smaller or not. */
const form = { v8: 1, json: 2, smallV8: 3, smallJson: 4 } as const

/** Of less than this, making it smaller takes longer than writing it. */
const largeBytes = 16_384
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/**
 * Opens (or makes) a journal in a file, for its owner only; there is one process that has it. Entries are written over those that were
 * cleared, so that a sync has no new size to write; what is left behind the last one has lower numbers.
 */
export function openJournal(path: string): Journal {
  try {
    makeFile(path)
    return new JournalFile(path, openSync(path, 'r+'))
  } catch (error) {
    throw faultOf(error, path)
  }
}

/** Unless it is there; and a loss of power does not take it from its folder. */
function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  closeSync(openSync(path, 'a', 0o600))
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

class JournalFile implements Journal {
  readonly #path: string
  readonly #fd: number
  /** Where the next entry comes; undefined until the file has been read. What lies behind it was refused, or is older. */
  #end: number | undefined
  /** All that is in the file was cleared. */
  #isDone = false
  #isOpen = true

  constructor(path: string, fd: number) {
    this.#path = path
    this.#fd = fd
  }

  entries(): JournalEntry[] {
    const bytes = this.#bytes()
    const found: JournalEntry[] = []
    let end = 0
    for (let frame = this.#frameAt(bytes, end); frame; frame = this.#frameAt(bytes, end)) {
      const last = found.at(-1)
      if (last && frame.entry.number !== last.number + 1) break
      found.push(frame.entry)
      end = frame.end
    }
    this.#end = end
    return found
  }

  append(entry: JournalEntry): void {
    assert(this.#end !== undefined, 'a journal is read before it is written')
    const frame = frameOf(entry)
    try {
      for (let at = 0; at < frame.length; ) at += writeSync(this.#fd, frame, at, frame.length - at, this.#end + at)
      fdatasyncSync(this.#fd)
    } catch (error) {
      this.#spoil(this.#end)
      throw faultOf(error, this.#path)
    }
    this.#end += frame.length
    this.#isDone = false
  }

  clear(): void {
    this.#end = 0
    this.#isDone = true
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    try {
      if (this.#isDone) ftruncateSync(this.#fd)
    } catch {
      // The numbers of what is left tell the next life that the tables have it.
    }
    closeSync(this.#fd)
  }

  #frameAt(bytes: Buffer, at: number): Frame | undefined {
    try {
      return frameAt(bytes, at)
    } catch (error) {
      throw damagedFault(this.#path, messageOf(error), error)
    }
  }

  #bytes(): Buffer {
    try {
      const bytes = readFileSync(this.#path)
      return bytes.subarray(0, this.#end ?? bytes.length)
    } catch (error) {
      throw faultOf(error, this.#path)
    }
  }

  /** What may have come to the disk all the same must not be taken for an entry by the next life. */
  #spoil(at: number): void {
    try {
      writeSync(this.#fd, Buffer.alloc(headBytes), 0, headBytes, at)
    } catch {
      // The next entry is written over it.
    }
  }
}

function frameOf(entry: JournalEntry): Buffer {
  const { body, bodyForm } = bodyOf(entry)
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(body.length, 0)
  head.writeBigUInt64LE(BigInt(entry.number), checkedFrom)
  head[formAt] = bodyForm
  head.writeUInt32LE(crc32(body, crc32(head.subarray(checkedFrom))), 4)
  return Buffer.concat([head, body])
}

type Frame = { entry: JournalEntry; end: number }

/** Undefined where no whole entry begins. */
function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + headBytes > bytes.length) return undefined
  const bodyFrom = at + headBytes
  const end = bodyFrom + bytes.readUInt32LE(at)
  if (end === bodyFrom || end > bytes.length) return undefined
  if (crc32(bytes.subarray(at + checkedFrom, end)) !== bytes.readUInt32LE(at + 4)) return undefined
  return { entry: entryOf(bytes.subarray(bodyFrom, end), bytes[at + formAt]), end }
}

function bodyOf(entry: JournalEntry): { body: Buffer; bodyForm: number } {
  const { kind, plain } = plainOf(entry)
  if (plain.length < largeBytes) return { body: plain, bodyForm: form[kind] }
  return { body: zstdCompressSync(plain, fast), bodyForm: kind === 'v8' ? form.smallV8 : form.smallJson }
}

function plainOf(entry: JournalEntry): { kind: 'v8' | 'json'; plain: Buffer } {
  try {
    return { kind: 'v8', plain: serialize(entry) }
  } catch {
    // There is such a number in it.
    return { kind: 'json', plain: Buffer.from(exactJson(entry)) }
  }
}

/** Its checksum is right. */
function entryOf(body: Buffer, bodyForm: number | undefined): JournalEntry {
  const isSmall = bodyForm === form.smallV8 || bodyForm === form.smallJson
  const plain = isSmall ? zstdDecompressSync(body) : body
  return bodyForm === form.json || bodyForm === form.smallJson
    ? parseExact<JournalEntry>(plain.toString())
    : (deserialize(plain) as JournalEntry)
}

function faultOf(error: unknown, path: string): Fault {
  const cause = { component: 'Store', cause: error, details: { Path: path }, isRetryable: true }
  return isDiskFull(error)
    ? new Fault('StorageFull', `no space left for the journal ${path}`, {
        ...cause,
        hint: 'free space on this disk; the node goes on by itself',
      })
    : new Fault('ServiceUnavailable', `cannot write the journal ${path}: ${messageOf(error)}`, {
        ...cause,
        hint: 'look at the disk and its mount; the node tries again with the next change',
      })
}
