import { Fault } from '#lib/fault.ts'
import type { Client } from './judge.ts'
import { isSampleModules, sampleModules } from './sample-modules.ts'
import { isWasiSuite, wasiSuite } from './wasi-suite.ts'

/** The programs in a folder as a judge of the WASM engine. */
export function wasmPrograms(folder: string): Client {
  if (isWasiSuite(folder)) return wasiSuite(folder)
  if (isSampleModules(folder)) return sampleModules(folder)
  throw new Fault('ValidationError', `no programs that judge are in ${folder}`, {
    hint: 'Give a checkout of wasi-testsuite with its built tests, or the folder testdata/wasm of Bacalhau.',
  })
}
