/** How tests start the process that opens a port in the network of a container: from the sources. */
export const listenCommand: readonly string[] = [
  process.execPath,
  '--conditions=source',
  new URL('../../src/cli/main.ts', import.meta.url).pathname,
  '__listen-child',
]
