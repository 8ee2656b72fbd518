import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '#lib/fault.ts'
import { dockerEngine } from '../test/kit/docker-engine.ts'
import type { TestEngine } from '../test/kit/engine-process.ts'
import { canStartSwift, SwiftStore, storeVariable } from '../test/kit/swift-store.ts'
import { type Check, checks, runChecks } from './checks.ts'
import { run } from './run.ts'
import { leftOut } from './test/left-out.ts'
import type { RingResult } from './test/ring-result.ts'
import { rings, runRing } from './test/rings.ts'

/**
 * `npm test`: the checks, the build, then every ring; `npm test -- unit sim` runs only those rings. A system part that is
 * missing leaves its suites out and says so; with CI=true it is a failure. The last line is `N passed, N failed`.
 */
const root = join(import.meta.dirname, '..')
const isCi = process.env['CI'] === 'true'
const chosen = rings.filter((ring) => process.argv.length === 2 || process.argv.includes(ring))
const isWhole = chosen.length === rings.length

let passed = 0
let failed = 0
const failedChecks: string[] = []

if (isWhole) await check(checks)
if (chosen.includes('e2e')) await check([{ name: 'build', command: 'node', args: ['tools/build.ts'] }])

const engine = await engineForTests()
const swift = await swiftForTests()
const results: RingResult[] = []
try {
  const env = {
    ...process.env,
    ...(engine && { DOCKER_HOST: engine.host }),
    ...(swift && { [storeVariable]: JSON.stringify(swift.store) }),
  }
  for (const ring of chosen) results.push(await runRing(ring, root, env))
} finally {
  await swift?.close()
  await engine?.stop()
}
if (isWhole) await remember(results)

console.log()
for (const { ring, ...counts } of results) {
  console.log(`ring ${ring}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} left out`)
  passed += counts.passed
  // In CI nothing is left out, whatever the machine lacks.
  failed += counts.failed + (isCi ? counts.skipped : 0)
}
const missing = leftOut(root, process.env)
for (const line of missing) {
  console.log(line)
  if (isCi) failed++
}
// Suites that are left out here leave numbers open that other machines show.
if (isWhole && engine && missing.length === 0) {
  await check([{ name: 'requirements', command: 'node', args: ['tools/requirements.ts', '--missing'] }])
}
// What failed first is far above by now.
for (const name of failedChecks) console.log(`check ${name}: failed, see above`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function check(list: Check[]): Promise<void> {
  const bad = await runChecks(list, root)
  passed += list.length - bad.length
  failed += bad.length
  failedChecks.push(...bad.map((each) => each.name))
}

async function engineForTests(): Promise<TestEngine | undefined> {
  try {
    return await dockerEngine()
  } catch (error) {
    console.log(`no Docker engine for the tests: ${messageOf(error)}`)
    if (isCi) failed++
    return undefined
  }
}

async function swiftForTests(): Promise<SwiftStore | undefined> {
  if (!canStartSwift() || !chosen.some((ring) => ring === 'contract' || ring === 'e2e')) return undefined
  const started = new SwiftStore()
  try {
    await started.start()
    return started
  } catch (error) {
    console.log(`no Swift for the tests: ${messageOf(error)}`)
    if (isCi) failed++
    await started.close()
    return undefined
  }
}

/** Keeps the names of the tests and the commit, for `npm run requirements`. */
async function remember(all: RingResult[]): Promise<void> {
  const commit = (await run('git', ['rev-parse', 'HEAD'], { cwd: root }).catch(() => '')).trim()
  const tests = all.flatMap((ring) => ring.tests).map((test) => ({ ...test, file: test.file.replace(`${root}/`, '') }))
  mkdirSync(join(root, '.cache/test'), { recursive: true })
  writeFileSync(join(root, '.cache/test/last-run.json'), JSON.stringify({ commit, tests }, null, 1))
}
