import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { textOfBytes } from '#lib/go/byte-text.ts'

/**
 * The vector files of the recordings (`goldens/vectors`): one pure function each, thousands of cases.
 * They live outside the project; without them the suites are left out.
 */
const projectRoot = resolve(import.meta.dirname, '../..')

/** The folder of the recordings, whether it is there or not. */
export const goldensDir = (): string => resolve(projectRoot, process.env.BACALHAU_GOLDENS ?? '../shared/goldens')

export type Version = 'v1.4.0' | 'v1.9.3'
type Outcome = { out: unknown } | { err: string }

export type VectorCase = {
  /** Place in the file, from 0; line `index + 2` of the file or so. */
  index: number
  /** Each file has its own shape of input. */
  in: any
  /** The answers that count as right, the preferred one first. */
  accepted: Outcome[]
  /** The lines come in random order in the reference. */
  isUnordered: boolean
  /** Every field of the case, `{"base64"}` already made text. */
  raw: Record<string, unknown>
}

export type VectorOptions = {
  /** Which version judges where they differ; the first one present. Default: v1.4.0, else v1.9.3. */
  versions?: Version[]
  /** `text`: the error text must be the same (default). `any`: any error will do. */
  errors?: 'text' | 'any'
  /** Equality of two error texts, where `errors` says too little. */
  isSameError?: (actual: string, wanted: string) => boolean
  /** Equality of two `out` values; default deep equality as JSON. */
  isSame?: (actual: unknown, expected: unknown, vector: VectorCase) => boolean
  /** Cases that are not for this function, with a reason to be read by people. */
  skip?: (vector: VectorCase) => boolean
}

/** The cases of a vector file without the nondeterministic ones; undefined when the recordings are absent. */
export function vectorCases(file: string, versions: Version[] = ['v1.4.0', 'v1.9.3']): VectorCase[] | undefined {
  const path = resolve(goldensDir(), 'vectors', file)
  if (!existsSync(path)) return undefined
  const { cases } = decodeBase64(JSON.parse(readFileSync(path, 'utf8'))) as { cases: Record<string, unknown>[] }
  return cases
    .map((raw, index) => ({
      index,
      in: raw.in,
      accepted: outcomes(raw, versions),
      isUnordered: raw.unordered === true,
      raw,
    }))
    .filter(({ raw, accepted }) => raw.nondeterministic !== true && !isNondeterministic(accepted[0]))
}

/**
 * One test that runs every case of a vector file. `run` gives `out` or throws the error whose message is `err`.
 * A case whose recorded error is a panic of the reference wants any ordinary error.
 */
export function describeVectors(
  file: string,
  run: (input: any, vector: VectorCase) => unknown,
  options: VectorOptions = {},
): void {
  const all = vectorCases(file, options.versions)
  if (all === undefined) return absent(file)
  const cases = all.filter((vector) => !options.skip?.(vector))
  describe(`vectors ${file}`, () => {
    it(`matches all ${cases.length} cases`, async () => {
      const mismatches: string[] = []
      for (const vector of cases) {
        const actual = await outcomeOf(run, vector)
        if (!vector.accepted.some((wanted) => matches(actual, wanted, vector, options))) {
          mismatches.push(mismatch(vector, actual))
        }
      }
      expect(
        mismatches.length,
        `${mismatches.length} of ${cases.length} cases of ${file} differ\n${mismatches.slice(0, 5).join('\n')}\n`,
      ).toBe(0)
    }, 120_000)
  })
}

/** What a suite does when the recordings are absent: one line, and it is left out. */
export function absent(file: string): void {
  describe(`vectors ${file}`, () => {
    it.skip('left out: the recordings are absent', () => {})
  })
  const told = globalThis as { toldGoldensAbsent?: boolean }
  if (!told.toldGoldensAbsent) console.log(`vectors left out: no recordings in ${goldensDir()} (BACALHAU_GOLDENS)`)
  told.toldGoldensAbsent = true
}

function outcomes(raw: Record<string, unknown>, versions: Version[]): Outcome[] {
  const version = versions.find((each) => raw[each] !== undefined)
  const judged = (version === undefined ? raw : raw[version]) as Record<string, unknown>
  const older = (judged['go1.21.11'] ?? raw['go1.21.11']) as Record<string, unknown> | undefined
  return [judged, older].flatMap((each): Outcome[] => {
    if (each === undefined) return []
    if (typeof each.err === 'string') return [{ err: each.err }]
    return 'out' in each ? [{ out: each.out }] : []
  })
}

const isNondeterministic = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && 'err' in outcome && outcome.err.startsWith('NONDETERMINISTIC')

async function outcomeOf(run: (input: unknown, vector: VectorCase) => unknown, vector: VectorCase) {
  try {
    return { out: await run(vector.in, vector) }
  } catch (error) {
    return { err: error instanceof Error ? error.message : String(error), isBug: isBug(error) }
  }
}

/** Errors of the language itself and failed assertions are never an answer. */
const isBug = (error: unknown): boolean =>
  !(error instanceof Error) ||
  [TypeError, RangeError, ReferenceError, SyntaxError].some((bug) => error instanceof bug) ||
  error.name === 'BugError'

type Actual = { out: unknown } | { err: string; isBug: boolean }

function matches(actual: Actual, wanted: Outcome, vector: VectorCase, options: VectorOptions): boolean {
  if ('err' in wanted) {
    if (!('err' in actual) || actual.isBug) return false
    if (options.errors === 'any' || wanted.err.startsWith('PANIC')) return true
    if (vector.isUnordered) return isDeepStrictEqual(sortedLines(actual.err), sortedLines(wanted.err))
    return options.isSameError?.(actual.err, wanted.err) ?? actual.err === wanted.err
  }
  if ('err' in actual) return false
  if (options.isSame) return options.isSame(actual.out, wanted.out, vector)
  if (vector.isUnordered) return isDeepStrictEqual(sortedLines(actual.out), sortedLines(wanted.out))
  return isDeepStrictEqual(asJson(actual.out), wanted.out)
}

const asJson = (value: unknown): unknown => (value === undefined ? null : JSON.parse(JSON.stringify(value)))
const sortedLines = (text: unknown): unknown => (typeof text === 'string' ? text.split('\n').sort() : text)

function mismatch(vector: VectorCase, actual: Actual): string {
  const show = (value: unknown) => String(JSON.stringify(value)).slice(0, 600)
  return `  case ${vector.index}: ${show(vector.in)}\n    wanted ${show(vector.accepted[0])}\n    got    ${show(actual)}`
}

function decodeBase64(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decodeBase64)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
  if (entries.length === 1 && entries[0]?.[0] === 'base64' && typeof entries[0][1] === 'string') {
    return textOfBytes(Buffer.from(entries[0][1], 'base64'))
  }
  return Object.fromEntries(entries.map(([key, each]) => [key, decodeBase64(each)]))
}
