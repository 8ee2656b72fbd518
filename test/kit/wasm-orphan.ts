import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { until } from './until.ts'
import { WasmEngineKit, wasmProgram } from './wasm-engine.ts'

/**
 * A node whose programs run endlessly, one of them at rest, as those are that have used their share of the processor: prints the ids of
 * its children, and waits to be killed.
 */
const kit = new WasmEngineKit({ warmChildren: 2 })
const runs = [await kit.start(wasmProgram('loop')), await kit.start(wasmProgram('loop'))]
for (const { logs } of runs) await logs.untilPrinted('started')
const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' })
const pids = children
  .trim()
  .split(/\s+/)
  .map(Number)
  .filter((pid) => stateOf(pid) !== undefined)
process.kill(pids[0] as number, 'SIGSTOP')
await until('one rests', () => pids.some((pid) => stateOf(pid) === 'T'))
console.log(JSON.stringify(pids))

function stateOf(pid: number): string | undefined {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1]
  } catch {
    return undefined
  }
}
