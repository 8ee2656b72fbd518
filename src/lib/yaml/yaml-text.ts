import { Fault } from '../fault.ts'
import { bytesOfText, escapedByte, textOfBytes } from '../go/byte-text.ts'
import { yamlFault } from './yaml-fault.ts'

/** Largest YAML text that is read. */
const MAX_YAML_BYTES = 10 * 1024 * 1024

/** The characters of a YAML text: UTF-8 or, with a byte order mark, UTF-16; no control characters. */
export function yamlText(source: string | Uint8Array): string {
  const size = typeof source === 'string' ? Buffer.byteLength(source) : source.length
  if (size > MAX_YAML_BYTES) {
    throw new Fault('PayloadTooLarge', `yaml: the text is larger than ${MAX_YAML_BYTES} bytes`, {
      hint: 'Move the data out of the file: inputs can bring it to the job.',
    })
  }
  const text = typeof source === 'string' && source.isWellFormed() ? source : decoded(source)
  refuseControlCharacters(text)
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

function decoded(source: string | Uint8Array): string {
  const bytes = typeof source === 'string' ? bytesOfText(source) : source
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined
  if (encoding !== undefined) return new TextDecoder(encoding).decode(bytes)
  const text = textOfBytes(bytes)
  const at = text.search(/[\udc80-\udcff]/u)
  if (at >= 0) throw yamlFault(octetProblem(text, at), { mark: markAt(text, at) })
  return text
}

function octetProblem(text: string, at: number): string {
  const byte = escapedByte(text.charCodeAt(at)) as number
  const isLead = byte >= 0xc0 && byte <= 0xf7
  if (!isLead) return 'invalid leading UTF-8 octet'
  return at === text.length - 1 ? 'incomplete UTF-8 octet sequence' : 'invalid trailing UTF-8 octet'
}

function refuseControlCharacters(text: string): void {
  const at = text.search(/[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
  if (at >= 0) throw yamlFault('control characters are not allowed', { mark: markAt(text, at) })
}

function markAt(text: string, at: number) {
  const before = text.slice(0, at).split(/\r\n|[\n\r\x85\u2028\u2029]/)
  return { index: at, line: before.length - 1, column: [...(before.at(-1) ?? '')].length }
}
