import { moduleProblem } from '#providers/wasm/check-module.ts'
import { defineCommand, exactly } from '../../command.ts'
import { text } from '../../flags.ts'
import { readProblem } from '../../job-file/job-text.ts'

export const command = defineCommand({
  use: 'MODULE.wasm',
  long: 'Says whether a module can be run: it is WebAssembly, imports only what WASI has, and has the entry point.',
  examples: [['a module of this machine', 'wasm validate ./hello.wasm']],
  args: exactly(1),
  flags: { 'entry-point': text('_start', 'Exported function to start') },
  async run({ args: [name = ''], flags }, cli) {
    const bytes = await cli.disk.readFile(cli.resolve(name)).catch((error: unknown) => {
      throw new Error(readProblem(name, error))
    })
    if (!bytes) throw new Error(`open ${name}: no such file or directory`)
    const problem = moduleProblem(bytes, flags['entry-point'])
    if (problem !== undefined) throw new Error(problem)
  },
  show: (_result, _input, cli) => cli.stdout.write('OK\n'),
})
