import { join } from 'node:path'
import { bundleProgram } from './build/bundle.ts'
import { bundleClient } from './build/client.ts'
import { makeExecutable } from './build/executable.ts'
import { ProgramFailed, run } from './run.ts'

/**
 * `npm run build`: type-checks and emits every layer, and writes the typed client (dist/client.js) and the single executable
 * file dist/bacalhau.
 * `--bundle-only` leaves the types aside (for trying things out), `--entry FILE` bundles another program.
 */
const root = join(import.meta.dirname, '..')
const args = process.argv.slice(2)
const entry = args.includes('--entry') ? args[args.indexOf('--entry') + 1]! : 'src/cli/main.ts'

const started = performance.now()
const step = (what: string) =>
  console.error(`${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s  ${what}`)

try {
  if (!args.includes('--bundle-only')) {
    step('types')
    await run('tsc', ['-b', 'src/cli'], { cwd: root })
  }
  step('client')
  await bundleClient(root, join(root, 'dist'))
  step('bundle')
  const chunks = await bundleProgram(root, entry, join(root, 'dist/.bundle/chunks'))
  step('executable')
  const file = await makeExecutable(root, chunks)
  step(file)
} catch (error) {
  if (!(error instanceof ProgramFailed)) throw error
  console.error(error.message)
  process.exitCode = 1
}
