import { Fault } from '#lib/fault.ts'

export type DataUrl = {
  /** `type/subtype`, lower case. */
  mediaType: string
  bytes: Buffer
}

const form = /^data:([^,]*),(.*)$/is
const mediaTypeForm = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/
const lastQuartet = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)?$/
const percentSign = 0x25
const shownLength = 100

/** Reads a `data:` URL (RFC 2397). Throws a Fault ValidationError that does not repeat the data. */
export function parseDataUrl(text: string): DataUrl {
  const [, head, data] = form.exec(text) ?? []
  if (head === undefined || data === undefined) throw invalid('not a data URL (data:[<type>][;base64],<data>)')
  const [type = '', ...parameters] = head.split(';').map((part) => part.trim().toLowerCase())
  const mediaType = type || 'text/plain'
  if (!mediaTypeForm.test(mediaType))
    throw invalid(`${JSON.stringify(mediaType.slice(0, shownLength))} is not a media type`)
  const isBase64 = parameters.at(-1) === 'base64'
  return { mediaType, bytes: isBase64 ? fromBase64(data) : fromPercent(data) }
}

function fromBase64(data: string): Buffer {
  const text = (data.includes('%') ? fromPercent(data).toString('latin1') : data).replace(/[\r\n]/g, '')
  const bytes = Buffer.from(text, 'base64')
  // What is no base64 was skipped, so that it is another text when it is written again. In the last quartet some bits do not count.
  const isRead = bytes.toString('base64').slice(0, -4) === text.slice(0, -4)
  if (text.length % 4 !== 0 || !isRead || !lastQuartet.test(text.slice(-4))) throw invalid('its data is not base64')
  return bytes
}

function fromPercent(data: string): Buffer {
  if (/%(?![0-9a-f]{2})/i.test(data)) throw invalid('a % is not followed by two hexadecimal digits')
  const bytes = Buffer.from(data, 'utf8')
  let length = 0
  for (let at = 0; at < bytes.length; length += 1) {
    const isEscaped = bytes[at] === percentSign
    bytes[length] = isEscaped ? 16 * digitAt(bytes, at + 1) + digitAt(bytes, at + 2) : (bytes[at] as number)
    at += isEscaped ? 3 : 1
  }
  return bytes.subarray(0, length)
}

/** Of a hexadecimal digit in ASCII; letters of both cases end in 1 to 6. */
function digitAt(bytes: Buffer, at: number): number {
  const code = bytes[at] as number
  return (code & 15) + (code > 0x40 ? 9 : 0)
}

const invalid = (why: string): Fault =>
  new Fault('ValidationError', `invalid inline params: ${why}`, { details: { FailureClass: 'user' } })
