import { Fault } from '../fault.ts'
import { bytesOfText, textOfBytes } from './byte-text.ts'
import { quote } from './strconv-quote.ts'
import { escaped } from './url-escape.ts'

/** A URL as Go's `net/url` reads it: parts decoded, nothing resolved or normalised. */
export type GoUrl = {
  /** Lower case; '' without one. */
  scheme: string
  /** What follows `scheme:` when it begins with no slash. */
  opaque: string
  /** Name and password, escaped; undefined without an `@`. */
  user: string | undefined
  /** With the port. */
  host: string
  /** Decoded; `rawPath` is the text it came from where that cannot be told from the path. */
  path: string
  rawPath: string
  query: string
  /** Decoded; `rawFragment` as `rawPath`. */
  fragment: string
  rawFragment: string
  /** How it was written, where the parts do not tell: `scheme:/path` without a host, a lone `?`. */
  omitsHost: boolean
  hasEmptyQuery: boolean
}

/** `url.Parse`. Throws Fault('BadRequest') with Go's sentence: `parse "…": …`. */
export function parseUrl(text: string): GoUrl {
  const [, before = '', fragment = ''] = /^([^#]*)#?(.*)$/s.exec(text) ?? []
  const url = explained(before, () => withoutFragment(before))
  const decoded = explained(text, () => unescaped(fragment))
  return { ...url, fragment: decoded, rawFragment: escapedFragment(decoded) === fragment ? '' : fragment }
}

/** The host without its port and brackets. */
export function hostName(url: GoUrl): string {
  const bracketed = /^\[(.*)\]/.exec(url.host)?.[1]
  return bracketed ?? url.host.replace(/:[0-9]*$/, '')
}

/** The port as it is written, '' without one. */
export const portOf = (url: GoUrl): string => /:([0-9]*)$/.exec(url.host)?.[1] ?? ''

function explained<T>(text: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    throw new Fault('BadRequest', `parse ${quote(text)}: ${error.message}`)
  }
}

function withoutFragment(text: string): Omit<GoUrl, 'fragment' | 'rawFragment'> {
  if (/[\x00-\x1f\x7f]/.test(text)) throw wrong('net/url: invalid control character in URL')
  const [scheme, afterScheme] = splitScheme(text)
  const [, rest = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(afterScheme) ?? []
  const hasEmptyQuery = /^[^?]*\?$/.test(afterScheme)
  const none = {
    scheme,
    opaque: '',
    user: undefined,
    host: '',
    path: '',
    rawPath: '',
    query,
    hasEmptyQuery,
    omitsHost: false,
  }
  if (!rest.startsWith('/')) {
    if (scheme !== '') return { ...none, opaque: rest }
    if (rest.split('/', 1)[0]?.includes(':')) throw wrong('first path segment in URL cannot contain colon')
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== '' || !rest.startsWith('///'))
  if (!hasAuthority) return { ...none, ...pathOf(rest), omitsHost: scheme !== '' && rest.startsWith('/') }
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? []
  return { ...none, ...authorityOf(authority), ...pathOf(path) }
}

function splitScheme(text: string): [scheme: string, rest: string] {
  if (text.startsWith(':')) throw wrong('missing protocol scheme')
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text) ?? []
  return scheme === undefined ? ['', text] : [scheme.toLowerCase(), rest as string]
}

function authorityOf(authority: string): { user: string | undefined; host: string } {
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const user = authority.slice(0, Math.max(at, 0))
  const port = host.startsWith('[') ? bracketPort(host) : (/:[^:]*$/.exec(host)?.[0] ?? '')
  if (!/^(:[0-9]*)?$/.test(port)) throw wrong(`invalid port ${quote(port)} after host`)
  const decoded = unescapedHost(host)
  if (!/^[A-Za-z0-9._:~!$&'()*+,;=%@-]*$/.test(user)) throw wrong('net/url: invalid userinfo')
  return { user: at < 0 ? undefined : escapedUser(user), host: decoded }
}

/** Go decodes name and password and escapes them anew. */
function escapedUser(user: string): string {
  const colon = user.indexOf(':')
  const parts = colon < 0 ? [user] : [user.slice(0, colon), user.slice(colon + 1)]
  return parts.map((part) => escaped(unescaped(part), /[A-Za-z0-9._~;&=+$,-]/)).join(':')
}

function bracketPort(host: string): string {
  const end = host.lastIndexOf(']')
  if (end === -1) throw wrong("missing ']' in host")
  return host.slice(end + 1)
}

function pathOf(text: string): { path: string; rawPath: string } {
  const path = unescaped(text)
  return { path, rawPath: text === '*' || escapedPath(path) === text ? '' : text }
}

/** How Go would write a path or a fragment by itself. */
const escapedPath = (path: string): string => escaped(path, /[A-Za-z0-9._~$&+,/:;=@-]/)
const escapedFragment = (fragment: string): string => escaped(fragment, /[A-Za-z0-9._~$&+,/:;=@?!()*-]/)

/** `URL.String`: the URL as text again. */
export function formatUrl(url: GoUrl): string {
  const start = (url.scheme === '' ? '' : `${url.scheme}:`) + (url.opaque === '' ? placeOf(url) : url.opaque)
  const query = url.hasEmptyQuery || url.query !== '' ? `?${url.query}` : ''
  return start + query + (url.fragment === '' ? '' : `#${writtenFragment(url)}`)
}

/** Authority and path. */
function placeOf(url: GoUrl): string {
  const { scheme, user, host, omitsHost } = url
  const path = writtenPath(url)
  const isNamed = host !== '' || user !== undefined
  const hasSlashes = isNamed || (scheme !== '' && path !== '' && !omitsHost)
  const authority = (user === undefined ? '' : `${user}@`) + escaped(host, /[A-Za-z0-9._~!$&'()*+,;=:[\]<>"-]/)
  const slash = path !== '' && !path.startsWith('/') && host !== '' ? '/' : ''
  // The first part of a path alone must not look like a scheme.
  const dot = scheme === '' && !isNamed && path.split('/', 1)[0]?.includes(':') ? './' : ''
  return (hasSlashes ? '//' : '') + authority + slash + dot + path
}

/** The path as it was written, if it could be. */
function writtenPath({ path, rawPath }: GoUrl): string {
  if (rawPath !== '' && /^[A-Za-z0-9._~!$&'()*+,/;=:@[\]%-]*$/.test(rawPath)) return rawPath
  return path === '*' ? '*' : escapedPath(path)
}

function writtenFragment({ fragment, rawFragment }: GoUrl): string {
  if (rawFragment !== '' && /^[A-Za-z0-9._~!$&'()*+,/;=:@[\]%?-]*$/.test(rawFragment)) return rawFragment
  return escapedFragment(fragment)
}

/** `url.QueryUnescape`: percent signs, and `+` for a blank. Throws Fault('BadRequest') with Go's sentence. */
export const queryUnescape = (text: string): string => unescaped(text.replaceAll('+', ' '))

const badEscape = /%(?![0-9A-Fa-f]{2}).{0,2}/s

function unescaped(text: string): string {
  if (!text.includes('%')) return text
  const [bad] = badEscape.exec(text) ?? []
  if (bad !== undefined) throw wrong(`invalid URL escape ${quote(bad)}`)
  const bytes: number[] = []
  for (const [part] of text.matchAll(/%..|[^%]+/gs)) {
    if (part.startsWith('%')) bytes.push(Number.parseInt(part.slice(1), 16))
    else bytes.push(...bytesOfText(part))
  }
  return textOfBytes(Uint8Array.from(bytes))
}

/** In hosts only bytes beyond ASCII may be escaped, and some characters may not stand at all. */
function unescapedHost(host: string): string {
  for (const [part] of host.matchAll(/%.{0,2}|[^%]/gs)) {
    if (part.startsWith('%')) {
      if (!/^%[89A-Fa-f][0-9A-Fa-f]$/.test(part) && part !== '%25') throw wrong(`invalid URL escape ${quote(part)}`)
    } else if (part < '\x80' && !/[A-Za-z0-9._~!$&'()*+,;=:[\]<>"-]/.test(part)) {
      throw wrong(`invalid character ${quote(part)} in host name`)
    }
  }
  return unescaped(host)
}

const wrong = (message: string): Fault => new Fault('BadRequest', message)
