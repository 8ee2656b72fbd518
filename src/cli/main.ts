/**
 * The whole program starts here and stays small: everything else is loaded where it is used. A worker of the WASM
 * engine, and what opens a port in the network of a container, is this same program in a hidden mode.
 */
async function main(): Promise<void> {
  if (process.argv[2] === '__wasm-child') {
    const { runWasmChild } = await import('#providers/wasm/child/run-wasm-child.ts')
    return runWasmChild(process.argv.slice(3))
  }
  if (process.argv[2] === '__listen-child') {
    const { runListenChild } = await import('#providers/docker/network/listen-child.ts')
    return runListenChild()
  }
  const { runProgram } = await import('./process-program.ts')
  await runProgram(process.argv.slice(2), process.argv0, process.env)
}

void main()
