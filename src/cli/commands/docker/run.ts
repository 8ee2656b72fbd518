import { decodeDockerParams } from '#providers/docker/engine-params.ts'
import { atLeast, defineCommand } from '../../command.ts'
import { strings, text, variables } from '../../flags.ts'
import { buildJob } from '../../shared/build-job.ts'
import { jobFlags, taskFlags } from '../../shared/job-flags.ts'
import { runFlags } from '../../shared/run-flags.ts'
import { doing } from '../../shared/wrap-error.ts'
import { runJob } from '../../waiting/submit.ts'

export const command = defineCommand({
  use: 'IMAGE[:TAG|@DIGEST] [COMMAND] [ARG...]',
  long: 'Runs a container and waits until it has ended. Words with dashes for the container come after --.',
  examples: [
    ['a command in an image', 'docker run alpine echo hello'],
    ['with an option of its own', 'docker run alpine -- ls -l /'],
    ['on data from the web', 'docker run -i https://example.com/data.csv:/in/data.csv alpine wc /in/data.csv'],
    ['and keep what it writes', 'docker run -p local -o outputs:/outputs alpine -- sh -c "date > /outputs/now"'],
    ['with a few domains', 'docker run --network=http --domain=crates.io --domain=github.com alpine wget crates.io'],
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
    workdir: text('', 'Folder the program starts in', { shorthand: 'w' }),
    entrypoint: strings([], 'Program instead of the one of the image'),
    env: variables([], 'A variable of the program: NAME=value', { shorthand: 'e' }),
  },
  async run(input, cli) {
    const { args, flags } = input
    const [image = '', ...parameters] = args
    const params = {
      Image: image,
      Entrypoint: input.isGiven('entrypoint') ? [...flags.entrypoint] : null,
      Parameters: parameters,
      EnvironmentVariables: input.isGiven('env') ? [...flags.env] : null,
      WorkingDirectory: flags.workdir,
    }
    const engine = { Type: 'docker', Params: params }
    doing('building docker engine spec', () => decodeDockerParams(engine))
    const job = buildJob(input, engine, {})
    return runJob(job, input, { showsWarnings: true, failure: 'failed to submit job' }, cli)
  },
  exitCode: ({ exitCode }) => exitCode,
})
