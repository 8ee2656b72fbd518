import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figure, isMissed, table } from './figures.ts'
import { type Limits, measureLimits } from './limits.ts'
import { moveToLoadCore } from './pinned.ts'
import { executable, profiling } from './product.ts'
import { profileLines } from './profile.ts'
import type { Scenario } from './scenario.ts'
import { b1 } from './scenarios/b1-submit.ts'
import { b2 } from './scenarios/b2-latency.ts'
import { b2c } from './scenarios/b2c-cli.ts'
import { b2d } from './scenarios/b2d-docker.ts'
import { b3 } from './scenarios/b3-throughput.ts'
import { b3n } from './scenarios/b3n-placement.ts'
import { b4 } from './scenarios/b4-listing.ts'
import { b5 } from './scenarios/b5-logs.ts'
import { b5d } from './scenarios/b5d-docker-logs.ts'
import { b6 } from './scenarios/b6-heartbeats.ts'
import { b7 } from './scenarios/b7-memory.ts'
import { b7g } from './scenarios/b7g-growth.ts'
import { b8 } from './scenarios/b8-kill.ts'
import { b9 } from './scenarios/b9-kernels.ts'
import { b9c } from './scenarios/b9c-crowd.ts'
import { b9s } from './scenarios/b9s-start.ts'
import { b10 } from './scenarios/b10-data.ts'
import { b10m } from './scenarios/b10m-objects.ts'
import { b10r } from './scenarios/b10r-results.ts'
import { brokenLine } from './scenarios/f4-broken-line.ts'
import { brokenUpload } from './scenarios/f4u-broken-upload.ts'
import { crowd } from './scenarios/p-crowd.ts'
import { slots } from './scenarios/p-slots.ts'

/**
 * `npm run bench`: how fast the built product is, over its public API only. The server has one core and the load the other; each run
 * has a fresh store; jobs print a nonce that is checked. `-- B1 B3` measures only those, `--runs N` takes each figure so often (3),
 * `--scale 0.1` is a quick look, `--scale 2` lists a million jobs. What misses its target is run once more under a profiler, which
 * shows where the server's time went; `--profile` does that with all of them from the start (and slows them).
 */
const scenarios = [
  b1,
  b2,
  b2c,
  b2d,
  b3,
  b3n,
  b4,
  b5,
  b5d,
  b6,
  b7,
  b7g,
  b8,
  b9,
  b9s,
  b9c,
  b10,
  b10m,
  b10r,
  brokenLine,
  brokenUpload,
  slots,
  crowd,
]

const args = process.argv.slice(2)
const option = (name: string, otherwise: number) => {
  const at = args.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(args.splice(at, 2)[1])
}
const runs = option('runs', 3)
const scale = option('scale', 1)
const profileFlag = args.indexOf('--profile')
if (profileFlag >= 0) {
  args.splice(profileFlag, 1)
  profiling.folder = newProfileFolder()
}
const chosen = scenarios.filter(({ id }) => args.length === 0 || args.includes(id))

if (!existsSync(executable)) {
  console.error('There is no dist/bacalhau: run npm run build first.')
  process.exit(1)
}

moveToLoadCore()
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores; ${runs} runs, scale ${scale}\n`)
const limits = await measureLimits()
console.log(limitLine(limits))

const figures: Figure[] = []
for (const { id, about, measure } of chosen) {
  console.error(`measuring ${id}: ${about} …`)
  figures.push(...(await measure({ limits, runs, scale })))
}
console.log(table(figures))
const missed = figures.filter(isMissed)
console.log(`\n${figures.filter(({ isMet }) => isMet).length - missed.length} targets met, ${missed.length} missed`)
if (profiling.folder) tellProfile('all of them', profiling.folder)
else
  for (const scenario of chosen.filter(({ id }) => missed.some((figure) => figure.id === id))) await profile(scenario)

/** Where the time goes in a scenario that missed a target. */
async function profile({ id, measure }: Scenario): Promise<void> {
  profiling.folder = newProfileFolder()
  await measure({ limits, runs: 1, scale: Math.min(scale, 0.25) })
  tellProfile(id, profiling.folder)
}

function tellProfile(what: string, folder: string): void {
  console.log(`\nwhere the server's time went in ${what}:\n${profileLines(folder).join('\n')}`)
  rmSync(folder, { recursive: true, force: true })
}

function newProfileFolder(): string {
  return mkdtempSync(join(tmpdir(), 'bacalhau-profile-'))
}

function limitLine({ roundTripMs, syncedMs, syncedPerSecond }: Limits): string {
  const rates = Object.entries(syncedPerSecond).map(([connections, rate]) => `${Math.round(rate)}/s at ${connections}`)
  const single = `HTTP round trip ${roundTripMs.toFixed(2)} ms, with a synced write ${syncedMs.toFixed(2)} ms`
  return `this machine without us: ${single}; synced writes ${rates.join(', ')} connections\n`
}
