import { simulate } from '../test/sim/simulation.ts'

/** `npm run sim -- --seed N [--verbose]`: the life of one simulated cluster again, with its trace. */
const at = process.argv.indexOf('--seed')
const seed = Number(process.argv[at + 1])
if (at === -1 || !Number.isInteger(seed)) {
  console.error('usage: npm run sim -- --seed NUMBER [--verbose]')
  process.exit(2)
}
const isVerbose = process.argv.includes('--verbose')
const startedMs = performance.now()
const outcome = await simulate(seed, isVerbose ? { onLine: (line) => console.log(line) } : {})
const again = await simulate(seed)
if (!isVerbose) for (const line of outcome.tail) console.log(line)
const rate = Math.round((outcome.events + again.events) / ((performance.now() - startedMs) / 1_000))
console.log(`seed ${seed}: ${outcome.events} events, ${rate} a second, trace ${outcome.hash}`)
if (again.hash !== outcome.hash) console.log(`the second run differs: trace ${again.hash}`)
const { violation } = outcome
if (violation) console.log(`${violation.invariant} broken at event ${violation.event}: ${violation.text}`)
process.exitCode = violation || again.hash !== outcome.hash ? 1 : 0
