import { parseKeyValues } from '#lib/spec-text/key-values.ts'
import { decodeWasmParams } from '#providers/wasm/engine-params.ts'
import { atLeast, defineCommand } from '../../command.ts'
import { several, strings, text, variables } from '../../flags.ts'
import { buildJob } from '../../shared/build-job.ts'
import { jobFlags, taskFlags } from '../../shared/job-flags.ts'
import { runFlags } from '../../shared/run-flags.ts'
import { entryModule, moduleFromUrl, moduleFromVolume } from '../../shared/wasm-module.ts'
import { doing } from '../../shared/wrap-error.ts'
import { runJob } from '../../waiting/submit.ts'

export const command = defineCommand({
  use: '{CID | MODULE.wasm} [ARG...]',
  long: 'Runs a WebAssembly module (WASI) and waits until it has ended. Words with dashes for it come after --.',
  examples: [
    ['a module of this machine', 'wasm run ./hello.wasm'],
    ['with arguments', 'wasm run ./count.wasm -- --words /inputs/text.txt'],
    ['on data from the web', 'wasm run -i https://example.com/text.txt:/in/text.txt ./count.wasm /in/text.txt'],
  ],
  args: atLeast(1),
  startsProgram: true,
  exclusive: [
    ['count', 'concurrency'],
    ['constraints', 'selector'],
  ],
  flags: {
    ...jobFlags,
    ...taskFlags,
    ...runFlags,
    'entry-point': text('_start', 'Exported function to start'),
    env: variables([], 'A variable of the program: NAME=value', { shorthand: 'e' }),
    'import-module-urls': several('url', 'URL of a module to import from', moduleFromUrl, { shorthand: 'U' }),
    'import-module-volumes': several('cid:path', 'CID and path of a module to import from', moduleFromVolume, {
      shorthand: 'I',
    }),
    'import-modules': strings([], 'Path of a module to import from, as an --input puts it; -I takes it too'),
  },
  async run(input, cli) {
    const { args, flags } = input
    const [module = '', ...parameters] = args
    const engine = {
      Type: 'wasm',
      Params: {
        EntryModule: await entryModule(module, cli),
        Entrypoint: flags['entry-point'],
        Parameters: parameters,
        EnvironmentVariables: doing('wasm env vars invalid', () => parseKeyValues(flags.env)),
        ImportModules: [...flags['import-module-volumes'], ...flags['import-module-urls'], ...flags['import-modules']],
      },
    }
    doing('building wasm engine spec', () => decodeWasmParams(engine))
    const job = buildJob(input, engine, {})
    return runJob(job, input, { showsWarnings: true, failure: 'failed to submit job' }, cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})
