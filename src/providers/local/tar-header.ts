/** A member of a tar archive as its header tells it. */
export type TarMember = {
  name: string
  kind: 'file' | 'directory' | 'symlink'
  mode: number
  sizeBytes: number
  modifySeconds: number
  linkname?: string
}

const blockBytes = 512
const typeFlags = { file: '0', directory: '5', symlink: '2' } as const
const nameLimitBytes = 100
const sizeLimitBytes = 8 ** 11

/** Header blocks of one member: POSIX ustar, with an extended header before it for what does not fit. Owners are left out. */
export function tarHeader(member: TarMember): Buffer {
  const extended = Object.entries({
    ...(byteLength(member.name) > nameLimitBytes && { path: member.name }),
    ...(byteLength(member.linkname ?? '') > nameLimitBytes && { linkpath: member.linkname }),
    ...(member.sizeBytes >= sizeLimitBytes && { size: String(member.sizeBytes) }),
  }).map(([key, value]) => record(key, String(value)))
  const plain = block(member, typeFlags[member.kind])
  if (extended.length === 0) return plain
  const body = Buffer.from(extended.join(''), 'utf8')
  const head = block({ ...member, name: 'PaxHeader', sizeBytes: body.length, linkname: '' }, 'x')
  return Buffer.concat([head, body, padding(body.length), plain])
}

/** What fills the last block of a body up. */
export const padding = (sizeBytes: number): Buffer => Buffer.alloc((blockBytes - (sizeBytes % blockBytes)) % blockBytes)

export const archiveEnd = (): Buffer => Buffer.alloc(2 * blockBytes)

function block(member: TarMember, typeFlag: string): Buffer {
  const bytes = Buffer.alloc(blockBytes)
  cut(member.name).copy(bytes, 0)
  bytes.write(octal(member.mode & 0o7777, 8) + octal(0, 8) + octal(0, 8), 100)
  bytes.write(octal(member.sizeBytes % sizeLimitBytes, 12) + octal(Math.max(0, member.modifySeconds), 12), 124)
  bytes.fill(' ', 148, 156)
  bytes.write(typeFlag, 156)
  cut(member.linkname ?? '').copy(bytes, 157)
  bytes.write('ustar\x0000', 257, 'latin1')
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

const byteLength = (text: string): number => Buffer.byteLength(text)
const cut = (text: string): Buffer => Buffer.from(text, 'utf8').subarray(0, nameLimitBytes)
const octal = (value: number, width: number): string =>
  `${Math.floor(value)
    .toString(8)
    .padStart(width - 1, '0')}\0`

/** `<length> <key>=<value>\n`, where the length counts itself. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  let length = byteLength(rest)
  while (length !== byteLength(rest) + String(length).length) length = byteLength(rest) + String(length).length
  return length + rest
}
