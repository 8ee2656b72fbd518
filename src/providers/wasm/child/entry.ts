import { runWasmChild } from './run-wasm-child.ts'

runWasmChild(process.argv.slice(2))
