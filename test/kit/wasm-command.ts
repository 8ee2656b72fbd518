import { scriptCommand } from '#providers/wasm/runner-command.ts'
import { cliCommand } from '../wire/cli-process.ts'

/**
 * How tests start a WASM runner child: from the sources, with the baseline compiler. The optimizing one would compile
 * Node's own type stripper first, which takes half a second; the executable, which strips nothing, uses it.
 */
export const wasmCommand: readonly string[] = scriptCommand(process.execPath, false)

/** How the product itself starts one; quick where it is built. */
export const wasmProductCommand: readonly string[] = [...cliCommand, '__wasm-child']
