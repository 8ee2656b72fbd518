import { type Outcome, simulate } from '../test/sim/simulation.ts'

/**
 * `npm run sim -- --seed N [--verbose]`: the life of one simulated cluster again, twice, with its trace.
 * `npm run sim -- --minutes M [--from N]`: lives of fresh seeds for so long; those that fail, and how each is repeated.
 */
const usage = 'usage: npm run sim -- --seed NUMBER [--verbose] | --minutes NUMBER [--from SEED]'

const numberAfter = (name: string): number | undefined => {
  const at = process.argv.indexOf(name)
  return at === -1 ? undefined : Number(process.argv[at + 1])
}

const repeat = async (seed: number): Promise<boolean> => {
  const isVerbose = process.argv.includes('--verbose')
  const startedMs = performance.now()
  const outcome = await simulate(seed, isVerbose ? { onLine: (line) => console.log(line) } : {})
  const again = await simulate(seed)
  if (!isVerbose) for (const line of outcome.tail) console.log(line)
  const rate = Math.round((outcome.events + again.events) / ((performance.now() - startedMs) / 1_000))
  console.log(`seed ${seed}: ${outcome.events} events, ${rate} a second, trace ${outcome.hash}`)
  if (again.hash !== outcome.hash) console.log(`the second run differs: trace ${again.hash}`)
  if (outcome.violation) console.log(textOf(outcome.violation))
  return !outcome.violation && again.hash === outcome.hash
}

const search = async (minutes: number, from: number): Promise<boolean> => {
  const endMs = performance.now() + minutes * 60_000
  let [seed, failed, events] = [from, 0, 0]
  console.log(`fresh seeds from ${from} on`)
  for (; performance.now() < endMs; seed++) {
    const outcome = await simulate(seed)
    events += outcome.events
    if (!outcome.violation) continue
    failed += 1
    console.log(`${textOf(outcome.violation)}\n  again: npm run sim -- --seed ${seed}`)
  }
  console.log(`${seed - from} seeds, ${events} events, ${failed} failed`)
  return failed === 0
}

const textOf = ({ invariant, event, text }: NonNullable<Outcome['violation']>): string =>
  `${invariant} broken at event ${event}: ${text}`

const [seed, minutes] = [numberAfter('--seed'), numberAfter('--minutes')]
const from = numberAfter('--from') ?? Math.floor(Math.random() * 1e9) + 1_000
const isUsable = minutes !== undefined ? minutes > 0 && Number.isInteger(from) : Number.isInteger(seed)
if (!isUsable) {
  console.error(usage)
  process.exit(2)
}
const isWell = minutes !== undefined ? await search(minutes, from) : await repeat(seed as number)
process.exitCode = isWell ? 0 : 1
