import { Fault } from '#lib/fault.ts'

/**
 * The name of a fetched file: of the path that answered in the end, or what the server suggested after a redirect; a fresh one when
 * there is neither. Throws a Fault for a name that is none.
 */
export function fileNameOf(url: string, suggestion: string | undefined, uuid: () => string): string {
  const name = (suggestion === undefined ? '' : suggestedName(suggestion)) || baseName(decoded(pathOf(url))) || uuid()
  if (name === '.' || name === '..' || name.includes('\0') || Buffer.byteLength(name) > 255) {
    throw new Fault(
      'BadRequest',
      `cannot name a file ${JSON.stringify(name.slice(0, 255))}, as the URL would have it`,
      {
        details: { FailureClass: 'user' },
      },
    )
  }
  return name
}

/** The path as it was written; the parser for URLs would fold its dots. */
export function pathOf(url: string): string {
  const [, path = ''] = /^[a-z]+:\/\/[^/?#]*([^?#]*)/i.exec(url) ?? []
  return path
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const baseName = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? ''

/** File name of a Content-Disposition header, without any folder; empty when the header is malformed, has none or one of no file. */
function suggestedName(header: string): string {
  const params = headerParams(header)
  const name = params && (extendedValue(params.get('filename*')) ?? params.get('filename'))
  const last = baseName((name ?? '').replaceAll('\\', '/'))
  return last === '.' || last === '..' ? '' : last
}

/** `type; name=value; name="value"`; undefined when it does not have that form. */
function headerParams(header: string): Map<string, string> | undefined {
  const type = /^\s*[\w!#$%&'*+.^`|~-]+(?:\/[\w!#$%&'*+.^`|~-]+)?\s*/.exec(header)
  if (!type) return undefined
  const params = new Map<string, string>()
  let rest = header.slice(type[0].length)
  while (rest.trim() !== '') {
    const match = /^;\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~/-]*))\s*/.exec(rest)
    if (!match) return undefined
    const [whole, name = '', quoted, token = ''] = match
    params.set(name.toLowerCase(), quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1'))
    rest = rest.slice(whole.length)
  }
  return params
}

/** `charset'language'percent-encoded` (RFC 5987). */
function extendedValue(value: string | undefined): string | undefined {
  const [, charset = '', encoded] = /^([\w-]*)'[^']*'(.*)$/.exec(value ?? '') ?? []
  if (encoded === undefined || !['utf-8', 'us-ascii'].includes(charset.toLowerCase())) return undefined
  return decoded(encoded)
}
