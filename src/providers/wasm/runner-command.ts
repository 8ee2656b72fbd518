import { optimizingFlags } from './child/compiler-flags.ts'

/**
 * How Node starts a runner child from a file; the executable starts itself in its hidden mode instead. V8's flags stand on
 * the command line, because Node has run WebAssembly of its own before the file's first line (it strips types with it),
 * and they must not change under running code.
 */
export const scriptCommand = (node: string, isOptimized: boolean): string[] => [
  node,
  '--conditions=source',
  ...(isOptimized ? optimizingFlags : []),
  new URL(`./child/entry.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url).pathname,
]
