/** As much of DER (X.690) as a certificate is made of. */
const element = (tag: number, content: Uint8Array): Buffer => {
  const { length } = content
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...head]), content])
}

export const sequence = (...parts: Uint8Array[]): Buffer => element(0x30, Buffer.concat(parts))
export const set = (...parts: Uint8Array[]): Buffer => element(0x31, Buffer.concat(parts))
export const octets = (content: Uint8Array): Buffer => element(0x04, content)
export const bits = (content: Uint8Array, unused = 0): Buffer =>
  element(0x03, Buffer.concat([Buffer.from([unused]), content]))
export const utf8 = (text: string): Buffer => element(0x0c, Buffer.from(text))
export const yes: Buffer = element(0x01, Buffer.from([0xff]))
/** `[n]` around a whole element. */
export const tagged = (n: number, content: Uint8Array): Buffer => element(0xa0 + n, content)
/** `[n]` in place of the tag of a primitive one. */
export const implicit = (n: number, content: Uint8Array): Buffer => element(0x80 + n, content)

/** A number that is not negative. */
export const integer = (bytes: Uint8Array): Buffer =>
  element(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]))

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

const base128 = (value: number): number[] => {
  const digits = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift((rest & 0x7f) | 0x80)
  return digits
}

/** Years from 2050 on have four digits. */
export function time(unixMs: number): Buffer {
  const text = `${new Date(unixMs).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`
  return text < '2050' ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text))
}
