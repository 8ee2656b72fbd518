/**
 * V8 leaves a loop that runs for long in baseline code for good, six times slower; so functions are compiled by the
 * optimizing compiler alone, each when it is first called. The second and third flag belong to the first: on the command
 * line V8 sets them with it, and without them it crashes on feedback that baseline code would have collected.
 */
export const optimizingFlags = ['--no-liftoff', '--no-wasm-dynamic-tiering', '--no-wasm-deopt'] as const
