import { parseKeyValues } from '#lib/spec-text/key-values.ts'
import { atLeast, defineCommand } from '../command.ts'
import { bool, defaultsOf, text, variables } from '../flags.ts'
import { buildJob } from '../shared/build-job.ts'
import { execTemplate } from '../shared/exec-template.ts'
import { inlineCode } from '../shared/inline-code.ts'
import { jobFlags, taskFlags } from '../shared/job-flags.ts'
import { runFlags } from '../shared/run-flags.ts'
import { runJob } from '../waiting/submit.ts'

const outputsFolder = '/outputs'

export const command = defineCommand({
  use: '{python | duckdb} [ARG...]',
  long:
    'Submits a job of a type the cluster knows by name, from a template: its nodes must offer an engine of that name. ' +
    'Words with dashes for the program come after --.',
  examples: [
    ['a line of Python', 'exec python -- -c "import this"'],
    ['a file of this machine, with Python 3.10', 'exec --code app.py python --version=3.10 app.py'],
    ['a query on data', 'exec -i src=s3://bucket/data.parquet,dst=/inputs duckdb "select count(*) from \'/inputs/*\'"'],
  ],
  args: atLeast(1),
  startsProgram: true,
  takesUnknownFlags: true,
  flags: {
    ...runFlags,
    publisher: taskFlags.publisher,
    input: taskFlags.input,
    output: taskFlags.output,
    env: variables([], 'A variable of the program: NAME=value', { shorthand: 'e' }),
    timeout: taskFlags.timeout,
    labels: jobFlags.labels,
    selector: text('', 'Selector of the nodes that may run it', { shorthand: 's' }),
    'do-not-track': bool(false, 'Has no effect', { isHidden: true }),
    code: text('', 'A file or folder of this machine that the program finds below /code'),
    version: text('', 'Version of the language'),
  },
  async run(input, cli) {
    const { args, flags } = input
    const [jobType = '', ...words] = args.map(quoted)
    const { name, engine } = execTemplate(jobType, words, flags.version)
    // Elsewhere a label may be a key alone.
    parseKeyValues(flags.labels)
    const code = flags.code === '' ? [] : [await inlineCode(flags.code, cli)]
    const hasOutputs = flags.output.some(({ Path }) => Path === outputsFolder)
    const isKept = flags.publisher.Type !== '' || flags.output.length > 0
    const job = buildJob(
      {
        flags: {
          ...defaultsOf({ ...jobFlags, ...taskFlags }),
          name,
          'task-name': 'execute',
          input: [...flags.input, ...code],
          output: isKept && !hasOutputs ? [{ Name: 'outputs', Path: outputsFolder }, ...flags.output] : flags.output,
          publisher: flags.publisher,
          timeout: flags.timeout,
          labels: flags.labels,
          constraints: flags.selector,
          'dry-run': flags['dry-run'],
        },
        isGiven: () => false,
      },
      engine,
      parseKeyValues(flags.env),
    )
    return runJob(job, input, { showsWarnings: false, failure: 'failed request' }, cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})

/** A word with a space in it, as a shell would need it. */
const quoted = (word: string): string => (word.includes(' ') ? `'${word.replaceAll("'", `'"'"'`)}'` : word)
