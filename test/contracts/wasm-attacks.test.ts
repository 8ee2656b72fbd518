import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { missingParts } from '../../tools/system-parts.ts'
import { buildWasm } from '../fixtures/wasm/build.ts'
import { wasmProductCommand } from '../kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram } from '../kit/wasm-engine.ts'
import { TempFolders, wasmFixture, wasmFixtures } from '../kit/wasm-order.ts'

const folders = new TempFolders()
afterAll(() => folders.close())

/** Compiled from its source where there is a compiler; what is committed else. */
const attacks = missingParts().some(({ name }) => name === 'C compiler for WASI') ? wasmFixture('attacks') : compiled()
function compiled(): string {
  const target = join(folders.make('attacks'), 'attacks.wasm')
  buildWasm(join(wasmFixtures, 'attacks.c'), target)
  return target
}

/** Inputs with links that lead out of them, outputs, and what lies beside both. */
function folderedJob() {
  const [inputs, outputs, outside] = ['inputs', 'outputs', 'outside'].map((name) => folders.make(name)) as [
    string,
    string,
    string,
  ]
  const secret = join(outside, 'secret')
  writeFileSync(secret, 'only for the host')
  writeFileSync(join(inputs, 'plain'), 'as it was')
  for (const [name, target] of [
    ['absolute', secret],
    ['climbing', `../${outside.split('/').at(-1)}/secret`],
    ['folder', outside],
    ['chain', 'absolute'],
  ] as const)
    symlinkSync(target, join(inputs, name))
  const input = { Source: { Type: 'noop' }, Alias: '', Target: '/inputs' }
  const parts = {
    inputs: [{ input, hostPath: inputs, kind: 'directory' as const, guestPath: '/inputs', isReadOnly: true }],
    outputs: [{ resultPath: { Name: 'outputs', Path: '/outputs' }, hostPath: outputs }],
  }
  const shown = () => [
    readFileSync(secret, 'utf8'),
    readdirSync(outside),
    readFileSync(join(inputs, 'plain'), 'utf8'),
    readdirSync(inputs).sort(),
  ]
  return { parts, secret, outputs, shown }
}

describe.each(['pooled', 'process'] as const)('a hostile program, %s', { timeout: 60_000 }, (isolation) => {
  const kit = new WasmEngineKit({ isolation }, wasmProductCommand)
  afterAll(() => kit.close())

  it.each([
    ['get out of its folders', 'out'],
    ['change what it was only to read', 'change'],
    ['call its host with what no compiler makes', 'call'],
  ])('cannot %s', async (_what, command) => {
    const { parts, secret, outputs, shown } = folderedJob()
    const before = shown()
    writeFileSync(join(outputs, 'mine'), 'mine')
    const { stdout, exitCode } = await kit.run(
      wasmProgram(attacks, { Parameters: [command, secret, secret.slice(folders.root.length + 1)] }),
      parts,
    )
    expect(exitCode).toBe(0)
    expect(stdout.split('\n').filter((line) => !line.startsWith('refused '))).toEqual([''])
    expect(stdout.split('\n').length).toBeGreaterThan(3)
    expect(shown()).toEqual(before)
  })
})
