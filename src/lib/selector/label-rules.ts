import { byteLength } from '../go/byte-text.ts'

const subdomainPattern = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const namePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const valuePattern = `(${namePattern})?`
const subdomain = new RegExp(`^${subdomainPattern}$`)
const name = new RegExp(`^${namePattern}$`)
const value = new RegExp(`^${valuePattern}$`)
const maxNameBytes = 63
const maxPrefixBytes = 253

const nameRule =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
const nameProblem = `${nameRule} (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${namePattern}')`
const valueProblem =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${valuePattern}')`
const subdomainProblem =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomainPattern}')`

/** What is wrong with a label key (`zone`, `example.com/zone`), in the words of Kubernetes; empty = nothing. */
export function labelKeyProblems(key: string): string[] {
  const parts = key.split('/')
  if (parts.length > 2) {
    return [`a qualified name ${nameProblem} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`]
  }
  const problems = parts.length === 2 ? prefixProblems(parts[0] as string) : []
  return [...problems, ...nameProblems(parts.at(-1) as string)]
}

/** What is wrong with a label value; empty = nothing. */
export function labelValueProblems(text: string): string[] {
  return [...tooLong(text, maxNameBytes, ''), ...(value.test(text) ? [] : [valueProblem])]
}

function prefixProblems(prefix: string): string[] {
  if (prefix === '') return ['prefix part must be non-empty']
  return [
    ...tooLong(prefix, maxPrefixBytes, 'prefix part '),
    ...(subdomain.test(prefix) ? [] : [`prefix part ${subdomainProblem}`]),
  ]
}

function nameProblems(text: string): string[] {
  if (text === '') return ['name part must be non-empty', `name part ${nameProblem}`]
  return [...tooLong(text, maxNameBytes, 'name part '), ...(name.test(text) ? [] : [`name part ${nameProblem}`])]
}

const tooLong = (text: string, maxBytes: number, part: string): string[] =>
  byteLength(text) > maxBytes ? [`${part}must be no more than ${maxBytes} characters`] : []
