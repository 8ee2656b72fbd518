import { scriptCommand } from '#providers/wasm/runner-command.ts'

/** How tests start a WASM runner child: from the sources. */
export const wasmCommand: readonly string[] = scriptCommand(process.execPath, true)
