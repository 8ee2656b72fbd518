import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { missingParts } from '../../tools/system-parts.ts'
import { binaryOf, buildWasm, exampleFolders, wasmSources } from '../fixtures/wasm/build.ts'
import { missingPart } from '../kit/missing-part.ts'
import { moduleRef, orderFor, runOrder, TempFolders, wasmFixtures } from '../kit/wasm-order.ts'

const examples = join(import.meta.dirname, '../../examples')
const missing = missingParts().filter(({ name }) => ['C compiler for WASI', 'wabt'].includes(name))

/** Runs that tell a program from another: its arguments, its imports, and programs that end by themselves. */
const commands: Record<string, string[][]> = {
  tool: [['print', 'a', 'b', '3'], ['environment'], ['list', '/in'], ['cat', '/in/text'], ['eat'], ['files'], ['no']],
  attacks: [['out', '/in/tool.c', 'x'], ['change'], ['call'], ['line', '100000'], ['bytes'], []],
  'word-count': [['/in'], ['/in', '/outputs/words'], ['/nothing']],
  'csv-to-json': [['/examples/csv-to-json/tables', '/outputs'], []],
  'hash-pii': [['/examples/pii-hashing/customers.csv', 'name'], []],
  thumbnails: [['/examples/thumbnails/pictures', '/outputs', '9'], ['/examples', '/outputs'], []],
}
const endless = new Set(['loop', 'later'])

describe('committed WASM programs', () => {
  if (missing.length > 0) {
    missingPart('a compiler for WASI')
    return
  }
  const folders = new TempFolders()
  afterAll(() => folders.close())
  const all = [wasmFixtures, ...exampleFolders].flatMap((folder) =>
    wasmSources(folder).map((source) => ({ folder, source })),
  )

  it.each(all)(
    '$source does what its source says',
    ({ folder, source }) => {
      const built = join(folders.make('built'), binaryOf(source))
      buildWasm(join(folder, source), built)
      const name = binaryOf(source).replace('.wasm', '')
      if (endless.has(name)) return
      for (const args of commands[name] ?? [[]]) {
        expect(behaviour(built, args), args.join(' ')).toEqual(behaviour(join(folder, binaryOf(source)), args))
      }
    },
    60_000,
  )

  function behaviour(file: string, args: string[]): unknown {
    const outputs = folders.make('outputs')
    const mounts = [
      { guestPath: '/in', hostPath: wasmFixtures, isReadOnly: true },
      { guestPath: '/examples', hostPath: examples, isReadOnly: true },
      { guestPath: '/outputs', hostPath: outputs, isReadOnly: false },
    ]
    mkdirSync(join(outputs, 'starts'))
    const imports = file.includes('link-main') ? [moduleRef('link-lib', 'lib')] : []
    const aliases = file.includes('link-main') ? [] : [moduleRef('link-lib', 'deep'), moduleRef('link-lib', 'lib')]
    const env = [['PII_KEY', 'key']] as const
    const order = { ...orderFor(file, { args: ['', ...args], env, mounts, imports, aliases }), seed: '1' }
    const { report, stdout, stderr } = runOrder(order)
    const written = readdirSync(outputs, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(outputs, name), 'latin1')])
    return { exitCode: report.exitCode, failure: report.failure, stdout, stderr, written: written.sort() }
  }
})
