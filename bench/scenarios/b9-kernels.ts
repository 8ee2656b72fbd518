import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../connection.ts'
import { atMost, type Figure, figuresOf, median } from '../figures.ts'
import { completed, inlineModule, wasmJob } from '../jobs.ts'
import { withConnections } from '../load.ts'
import { runOnServerCore } from '../pinned.ts'
import { Product } from '../product.ts'
import type { Scenario } from '../scenario.ts'

const sources = join(import.meta.dirname, '../kernels')
const tasks = { Resources: { CPU: '1', Memory: '256Mb' } }

/** Programs that compute, as WASM jobs and as what gcc makes of the same source, on the same core in turn. */
export const b9: Scenario = {
  id: 'B9',
  about: 'WASM against native code',
  async measure({ runs }) {
    const folder = mkdtempSync(join(tmpdir(), 'bacalhau-kernels-'))
    const names = readdirSync(sources).flatMap((file) => /^(.*)\.c$/.exec(file)?.slice(1) ?? [])
    for (const name of names) build(name, folder)
    const product = await Product.start('hybrid', { flags: ['-c', 'Compute.AllocatedCapacity.CPU=1'] })
    try {
      return await withConnections(
        () => product.connection(),
        1,
        ([connection]) => measured(connection!, names, folder, runs),
      )
    } finally {
      await product.remove()
      rmSync(folder, { recursive: true })
    }
  },
}

async function measured(connection: Connection, names: string[], folder: string, runs: number): Promise<Figure[]> {
  const figure = figuresOf('B9', 'WASM against gcc -O2')
  const means: number[] = Array.from({ length: runs }, () => 1)
  const figures: Figure[] = []
  for (const name of names) {
    const natives: number[] = []
    const ratios: number[] = []
    for (let run = 0; run < runs; run++) {
      const native = readResult(runOnServerCore(join(folder, name)))
      const module = readFileSync(join(folder, `${name}.wasm`))
      const wasm = readResult((await completed(connection, wasmJob(name, inlineModule(module), [], tasks))).Stdout)
      if (wasm.result !== native.result) throw new Error(`${name} gives ${wasm.result}, natively ${native.result}`)
      natives.push(native.ms)
      ratios.push(wasm.ms / native.ms)
      means[run] = means[run]! * (wasm.ms / native.ms) ** (1 / names.length)
    }
    figures.push(figure(name, 'x', ratios, { limit: `${Math.round(median(natives))} ms`, ...atMost(1.5, 'x') }))
  }
  return [...figures, figure('geometric mean', 'x', means, atMost(1.2, 'x'))]
}

function build(name: string, folder: string): void {
  const source = join(sources, `${name}.c`)
  execFileSync('gcc', ['-O2', source, '-o', join(folder, name), '-lm'])
  execFileSync('clang', ['--target=wasm32-wasi', '-O2', '-msimd128', source, '-o', join(folder, `${name}.wasm`)])
}

/** What a kernel prints: its result, and its processor time. */
function readResult(printed: string): { result: string; ms: number } {
  const [result = '', ms] = printed.trim().split(' ')
  return { result, ms: Number(ms) }
}
