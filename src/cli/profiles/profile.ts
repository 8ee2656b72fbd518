import { parseDuration } from '#lib/duration.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { setInYaml } from '#lib/yaml/edit-yaml.ts'
import { readSettings } from '#lib/yaml/read-settings.ts'

/** A server by name, as a file of its own holds it. */
export type Profile = {
  readonly endpoint: string
  readonly description: string
  /** Longest time for an answer, `30s`; '' = the usual. */
  readonly timeout: string
  readonly token: string
  /** Any certificate is accepted. */
  readonly isInsecure: boolean
}

/** Throws a Fault for a text that is no profile. */
export function readProfile(source: Uint8Array | string): Profile {
  const given = readSettings(source)
  const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
  const inside = (section: unknown, name: string): unknown => (section as Record<string, unknown> | null)?.[name]
  const profile = {
    endpoint: text(given.endpoint),
    description: text(given.description),
    timeout: text(given.timeout),
    token: text(inside(given.auth, 'token')),
    isInsecure: inside(given.tls, 'insecure') === true,
  }
  check(profile)
  return profile
}

function check({ endpoint, timeout }: Profile): void {
  if (endpoint === '') throw refused('endpoint is required')
  if (!isAddress(endpoint)) throw refused(`invalid endpoint "${endpoint}": a URL with http or https, or host:port`)
  try {
    if (timeout !== '') parseDuration(timeout)
  } catch (error) {
    throw refused(`invalid timeout "${timeout}": ${messageOf(error)}`)
  }
}

const isAddress = (text: string): boolean =>
  text.includes('://') ? /^https?:\/\//i.test(text) && URL.canParse(text) : URL.canParse(`http://${text}`)

const places: Readonly<Record<keyof Profile, readonly string[]>> = {
  endpoint: ['endpoint'],
  description: ['description'],
  timeout: ['timeout'],
  token: ['auth', 'token'],
  isInsecure: ['tls', 'insecure'],
}

/** The text of a profile with some fields changed; what else is in it stays. */
export function changedProfile(source: string, change: Partial<Profile>): string {
  const fields = Object.entries(change) as [keyof Profile, string | boolean][]
  const text = fields.reduce((before, [field, value]) => setInYaml(before, places[field], value).text, source)
  readProfile(text)
  return text
}

const refused = (problem: string): Fault => new Fault('ValidationError', `invalid profile: ${problem}`)
