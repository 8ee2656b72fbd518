import { Fault } from '../fault.ts'

/** Standard base64 with padding, line ends ignored. Throws Fault('BadRequest') that names the first wrong byte, as Go does. */
export function decodeBase64(text: string): Uint8Array {
  const problem = wrongByte(text)
  if (problem !== undefined) throw new Fault('BadRequest', `illegal base64 data at input byte ${problem}`)
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

/** Where Go would stop; undefined when all is well. */
function wrongByte(text: string): number | undefined {
  const bytes = Buffer.from(text)
  const isBlank = (at: number) => bytes[at] === 0x0a || bytes[at] === 0x0d
  const isPadding = (at: number) => bytes[at] === 0x3d
  let count = 0
  let at = 0
  for (; at < bytes.length; at++) {
    if (isBlank(at)) continue
    if (isPadding(at)) break
    if (!/[A-Za-z0-9+/]/.test(String.fromCharCode(bytes[at] as number))) return at
    count++
  }
  const over = count % 4
  if (at === bytes.length) return over === 0 ? undefined : at - over
  if (over < 2) return at
  at++
  if (over === 2) {
    while (at < bytes.length && isBlank(at)) at++
    if (at === bytes.length) return at
    if (!isPadding(at)) return at - 1
    at++
  }
  while (at < bytes.length && isBlank(at)) at++
  return at === bytes.length ? undefined : at
}
