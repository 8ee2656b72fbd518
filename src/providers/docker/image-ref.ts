import { Fault } from '#lib/fault.ts'

/** An image name, taken apart and with what people leave out filled in. */
export type ImageRef = {
  /** The registry it comes from; empty for a name whose first part cannot be one (`a_b.io/x`). */
  domain: string
  path: string
  /** `domain/path` */
  name: string
  tag?: string
  digest?: string
  /** As short as people write it. */
  familiar: string
  /** With everything spelled out. */
  full: string
  /** `full`, with `:latest` when it names neither tag nor digest. */
  withLatest: string
}

const hub = 'docker.io'
const official = 'library/'
const maxLength = 4096

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(
  `^(?:(${domain})/)?(${component}(?:/${component})*)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(${digest}))?$`,
)
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

/** Parses an image name by the grammar that all container engines share. Throws a Fault ValidationError with its texts. */
export function parseImageRef(text: string): ImageRef {
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`)
  }
  const { registry, rest } = splitRegistry(text)
  const repository = rest.split(':', 1)[0] ?? ''
  if (repository.toLowerCase() !== repository) {
    throw invalid(`invalid reference format: repository name (${repository}) must be lowercase`)
  }
  const match = text.length <= maxLength ? reference.exec(`${registry}/${rest}`) : null
  const [, foundDomain = '', path = '', tag, foundDigest] = match ?? []
  if (!match) throw invalid('invalid reference format')
  const name = joined(foundDomain, path)
  if (name.length > 255) throw invalid('repository name must not be more than 255 characters')
  if (foundDigest) checkDigest(foundDigest)
  const suffix = `${tag ? `:${tag}` : ''}${foundDigest ? `@${foundDigest}` : ''}`
  return {
    domain: foundDomain,
    path,
    name,
    ...(tag ? { tag } : {}),
    ...(foundDigest ? { digest: foundDigest } : {}),
    familiar: familiarName(foundDomain, path) + suffix,
    full: name + suffix,
    withLatest: name + (suffix || ':latest'),
  }
}

/** The part before the first `/` is a registry only when it cannot be a user's name. */
function splitRegistry(text: string): { registry: string; rest: string } {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isRegistry = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  const registry = isRegistry ? (first === 'index.docker.io' ? hub : first) : hub
  const rest = isRegistry ? text.slice(slash + 1) : text
  return { registry, rest: registry === hub && !rest.includes('/') ? official + rest : rest }
}

function checkDigest(text: string): void {
  const [algorithm = '', hash = ''] = text.split(':')
  if (!/^[a-z0-9]+(?:[.+_-][a-z0-9]+)*$/.test(algorithm)) throw invalid('invalid checksum digest format')
  const length = digestLengths[algorithm]
  if (length === undefined) throw invalid('unsupported digest algorithm')
  if (hash.length !== length) throw invalid('invalid checksum digest length')
  if (!/^[a-f0-9]+$/.test(hash)) throw invalid('invalid checksum digest format')
}

/** The grammar knows names whose first part looks like a registry but cannot be one; they have no domain. */
const joined = (domainName: string, path: string): string => (domainName ? `${domainName}/${path}` : path)

function familiarName(domainName: string, path: string): string {
  if (domainName !== hub) return joined(domainName, path)
  const short = path.startsWith(official) ? path.slice(official.length) : path
  return short.includes('/') ? path : short
}

const invalid = (message: string): Fault =>
  new Fault('ValidationError', message, { component: 'Docker', details: { FailureClass: 'user' } })
