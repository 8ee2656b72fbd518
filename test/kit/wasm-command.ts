import { scriptCommand } from '#providers/wasm/runner-command.ts'

/**
 * How tests start a WASM runner child: from the sources, with the baseline compiler. The optimizing one would compile
 * Node's own type stripper first, which takes half a second; the executable, which strips nothing, uses it.
 */
export const wasmCommand: readonly string[] = scriptCommand(process.execPath, false)
