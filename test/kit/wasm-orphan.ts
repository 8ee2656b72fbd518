import { execFileSync } from 'node:child_process'
import { WasmEngineKit, wasmProgram } from './wasm-engine.ts'

/** A node whose programs run endlessly: prints the ids of its children, and waits to be killed. */
const kit = new WasmEngineKit({ warmChildren: 2 })
const runs = [await kit.start(wasmProgram('loop')), await kit.start(wasmProgram('loop'))]
for (const { logs } of runs) await logs.untilPrinted('started')
const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' })
console.log(JSON.stringify(children.trim().split(/\s+/).map(Number)))
