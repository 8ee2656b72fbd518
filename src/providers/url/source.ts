import { Fault, messageOf } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import { sha256Hex } from '#lib/sha256-text.ts'
import { type SpecConfig, typeKey } from '#models/spec-config.ts'
import { pathOf } from './file-name.ts'

export const urlType = 'urldownload'
/** A signed address of an object, as an orchestrator gives it out for a result. */
export const signedType = 's3presigned'

export type UrlSource = {
  /** What to fetch, without a login. */
  url: string
  /** Header for the login that the URL names; for its own origin only. */
  authorization?: string
  /** What the content must be, in hex. */
  sha256?: string
}

/** Parameters of a URL source or result, checked. Throws a Fault ValidationError with the texts clients know. */
export function decodeUrlSource(source: SpecConfig): UrlSource {
  const isSigned = typeKey(source.Type) === signedType
  if (typeKey(source.Type) !== urlType && !isSigned) {
    throw invalid(`invalid storage source type. expected urlDownload, but received: ${source.Type}`)
  }
  if (!source.Params || Object.keys(source.Params).length === 0) {
    throw invalid('invalid storage source params. cannot be nil')
  }
  const { URL: text, ChecksumSHA256 = '' } = isSigned ? signedParams(source.Params) : urlParams(source.Params)
  if (!text) throw invalid('invalid url storage params: url cannot be empty')
  const found = splitLogin(checkedUrl(text.replace(/^[ '"]+|[ '"]+$/g, '')))
  return ChecksumSHA256 === '' ? found : { ...found, sha256: sha256Of(ChecksumSHA256) }
}

type UrlParams = { URL?: string; ChecksumSHA256?: string }

const urlParams = (params: Readonly<Record<string, unknown>>): UrlParams =>
  decodeParams(params, 'Source', { URL: 'string', ChecksumSHA256: 'string' })

/** What the address stands for may name a checksum; that of an object that was sent in parts is none of its content. */
function signedParams(params: Readonly<Record<string, unknown>>): UrlParams {
  const { PreSignedURL = '', SourceSpec } = decodeParams(params, 'Source', {
    PreSignedURL: 'string',
    SourceSpec: 'any',
  })
  const { ChecksumSHA256 = '' } = decodeParams(Object(SourceSpec), 'SourceSpec', { ChecksumSHA256: 'string' })
  return { URL: PreSignedURL, ChecksumSHA256: ChecksumSHA256.includes('-') ? '' : ChecksumSHA256 }
}

function sha256Of(text: string): string {
  const hex = sha256Hex(text)
  if (hex !== undefined) return hex
  throw invalid('invalid url storage params: ChecksumSHA256 must be a SHA-256 in hex or base64')
}

function checkedUrl(text: string): string {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(text) ?? []
  if (scheme.toLowerCase() !== 'http' && scheme.toLowerCase() !== 'https') {
    throw invalid(
      `invalid url storage params: URLs must begin with 'http' or 'https'. The submitted one began with ${scheme.toLowerCase()}`,
    )
  }
  if (!URL.canParse(text) || !/^[a-z]+:\/\//i.test(text)) {
    throw invalid(`invalid url storage params: invalid URL: ${JSON.stringify(withoutLogin(text))} cannot be parsed`)
  }
  if (pathOf(text) === '') throw invalid('invalid url storage params: URL must end with a file name')
  return text
}

function splitLogin(text: string): UrlSource {
  const parsed = new URL(text)
  if (parsed.username === '' && parsed.password === '') return { url: text }
  const login = `${part(parsed.username)}:${part(parsed.password)}`
  return { url: withoutLogin(text), authorization: `Basic ${Buffer.from(login).toString('base64')}` }
}

function part(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch (error) {
    throw invalid(`invalid url storage params: invalid URL: ${messageOf(error)}`)
  }
}

/** Logins never reach messages or logs. */
const withoutLogin = (text: string): string => text.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1')

const invalid = (message: string): Fault => new Fault('ValidationError', message, { details: { FailureClass: 'user' } })

/** As histories and logs may show it: what stands behind the path may be a signature. */
export const shownUrl = (url: string): string => url.replace(/[?#].*$/s, '')
