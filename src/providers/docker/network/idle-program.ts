/** A processor's number in an ELF header, and a program for it: wait for a signal, for ever again. */
type Machine = { number: number; code: readonly number[] }

const machines: Readonly<Record<string, Machine>> = {
  // mov eax, 34 (pause); syscall; jmp back
  x64: { number: 62, code: [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7] },
  // x0…x3 = 0; x8 = 73 (ppoll); svc 0; b back
  arm64: {
    number: 183,
    code: [0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa].flatMap((word) => [
      word & 255,
      (word >>> 8) & 255,
      (word >>> 16) & 255,
      word >>> 24,
    ]),
  },
}

const headerBytes = 64
const segmentBytes = 56
const loadAddress = 0x400000n

/**
 * A whole static Linux program of some 130 bytes that does nothing, for a container that only keeps a network: it needs nothing of
 * the image it runs in, and no image of its own. Undefined for a processor that we have none for.
 */
export function idleProgram(arch: string): Buffer | undefined {
  const machine = machines[arch]
  if (!machine) return undefined
  const size = headerBytes + segmentBytes + machine.code.length
  const file = Buffer.alloc(size)
  // ELF, 64 bits, little endian, version 1; executable.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  file.writeUInt16LE(2, 16)
  file.writeUInt16LE(machine.number, 18)
  file.writeUInt32LE(1, 20)
  file.writeBigUInt64LE(loadAddress + BigInt(headerBytes + segmentBytes), 24)
  file.writeBigUInt64LE(BigInt(headerBytes), 32)
  file.writeUInt16LE(headerBytes, 52)
  file.writeUInt16LE(segmentBytes, 54)
  file.writeUInt16LE(1, 56)
  // One segment, loaded readable and executable: the whole file.
  file.writeUInt32LE(1, headerBytes)
  file.writeUInt32LE(5, headerBytes + 4)
  file.writeBigUInt64LE(loadAddress, headerBytes + 16)
  file.writeBigUInt64LE(loadAddress, headerBytes + 24)
  file.writeBigUInt64LE(BigInt(size), headerBytes + 32)
  file.writeBigUInt64LE(BigInt(size), headerBytes + 40)
  file.writeBigUInt64LE(0x1000n, headerBytes + 48)
  file.set(machine.code, headerBytes + segmentBytes)
  return file
}
