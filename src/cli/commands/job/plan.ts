import { goJson } from '#api/encode/go-json.ts'
import type { PlanAnswer } from '#api/jobs.ts'
import { coloursFor } from '../../colours.ts'
import { defineCommand } from '../../command.ts'
import { bool } from '../../flags.ts'
import { givenJob, templateFlags } from '../../job-file/given-job.ts'
import { allWarnings } from '../../job-file/warning.ts'
import { printDocument } from '../../print.ts'
import { ownShapeFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'
import { namedUploads } from '../../uploads/named-uploads.ts'
import { planText } from '../../views/forecast.ts'

export const command = defineCommand({
  use: '[file]',
  long:
    'Shows what submitting a job would do, without doing it: what it would change of the job of its name, where it ' +
    'would go, and which nodes are left out by which rule. Ends with 1 when no node would take it.',
  examples: [
    ['where a job would go', 'job plan ./job.yaml'],
    ['for programs', 'job plan --output json --pretty ./job.yaml'],
    ['a job that a program writes', 'job plan < ./made.yaml'],
  ],
  args: {},
  flags: { ...templateFlags, force: bool(false, 'As if submitted with --force'), ...ownShapeFlags },
  async run({ args: [path], flags }, cli): Promise<PlanAnswer> {
    const { spec, id, warnings } = await givenJob(path, flags, cli)
    const client = await cli.client()
    const Job = await namedUploads(spec, cli)
    const plan = await during('failed request', client.jobs.plan({ Job, ID: id, Force: flags.force }))
    return { ...plan, Warnings: allWarnings(warnings, plan.Warnings) }
  },
  show: (plan, { flags }, { stdout, env }) =>
    flags.output === ''
      ? stdout.write(planText(plan, coloursFor(stdout, env), stdout))
      : printDocument(stdout, goJson(plan), flags),
  exitCode: ({ Action, Placements }) => (Action !== 'none' && Placements.length === 0 ? 1 : 0),
})
