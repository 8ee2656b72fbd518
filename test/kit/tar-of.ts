/** One member of an archive made for a test; also one that no honest program would make. */
export type TarMember = {
  name: string
  /** As in the archive: '0' file, '1' hard link, '2' symbolic link, '5' folder. */
  type?: string
  body?: string
  /** What its header announces; by default what the body has. */
  sizeBytes?: number
  linkname?: string
  mode?: number
}

/** An uncompressed tar archive, with names exactly as they are given. */
export function tarOf(members: readonly TarMember[]): Buffer {
  const blocks = members.flatMap((member) => {
    const body = Buffer.from(member.body ?? '')
    const padding = Buffer.alloc((512 - (body.length % 512)) % 512)
    return [header(member, member.sizeBytes ?? body.length), body, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function header({ name, type = '0', linkname = '', mode = 0o644 }: TarMember, sizeBytes: number): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`
  block.write(name, 0)
  block.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(sizeBytes, 12) + octal(0, 12), 100)
  block.fill(' ', 148, 156)
  block.write(type, 156)
  block.write(linkname, 157)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
