import { Fault } from '#lib/fault.ts'

export type DataUrl = {
  /** `type/subtype`, lower case. */
  mediaType: string
  bytes: Buffer
}

const form = /^data:([^,]*),(.*)$/is
const mediaTypeForm = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/
const noBase64 = /[^A-Za-z0-9+/]/

/** Reads a `data:` URL (RFC 2397). Throws a Fault ValidationError that does not repeat the data. */
export function parseDataUrl(text: string): DataUrl {
  const [, head, data] = form.exec(text) ?? []
  if (head === undefined || data === undefined) throw invalid('not a data URL (data:[<type>][;base64],<data>)')
  const [type = '', ...parameters] = head.split(';').map((part) => part.trim().toLowerCase())
  const mediaType = type || 'text/plain'
  if (!mediaTypeForm.test(mediaType)) throw invalid(`${JSON.stringify(mediaType)} is not a media type`)
  const isBase64 = parameters.at(-1) === 'base64'
  return { mediaType, bytes: isBase64 ? fromBase64(data) : fromPercent(data) }
}

function fromBase64(data: string): Buffer {
  const text = (data.includes('%') ? fromPercent(data).toString('latin1') : data).replace(/[\r\n]/g, '')
  // One expression for all of it runs out of stack on some megabytes.
  if (text.length % 4 !== 0 || noBase64.test(text.replace(/={1,2}$/, ''))) throw invalid('its data is not base64')
  return Buffer.from(text, 'base64')
}

function fromPercent(data: string): Buffer {
  if (/%(?![0-9a-f]{2})/i.test(data)) throw invalid('a % is not followed by two hexadecimal digits')
  const parts = data.split(/(?:%([0-9a-f]{2}))/i)
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 1 ? 'hex' : 'utf8')))
}

const invalid = (why: string): Fault =>
  new Fault('ValidationError', `invalid inline params: ${why}`, { details: { FailureClass: 'user' } })
