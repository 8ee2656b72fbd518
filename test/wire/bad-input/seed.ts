import fc from 'fast-check'

/** The same input each time, unless another seed is asked for; a failure says how it is had again. */
const seed = Number(process.env.BACALHAU_SEED ?? 4)
console.log(`bad input: BACALHAU_SEED=${seed}`)

/** How many mutations there are of everything that is mutated: enough for each kind of them to come several times. */
export const perSubject = 64

/** Inputs of a subject: of the same seed and name always the same. */
export const sampleOf = <Value>(name: string, arbitrary: fc.Arbitrary<Value>, count = perSubject): Value[] =>
  fc.sample(arbitrary, { seed: seed ^ numberOf(name), numRuns: count })

/** Tells how a run is repeated. */
export const replay = (what: string, count: number): string => `${count} ${what} of BACALHAU_SEED=${seed}`

const numberOf = (name: string): number =>
  [...name].reduce((sum, char) => (Math.imul(sum, 31) + char.charCodeAt(0)) | 0, 7)
