import type { StoredSetting } from '#config/set.ts'
import { Fault } from '#lib/fault.ts'
import { formatBytes } from '#lib/sizes.ts'
import type { Resources } from '#models/resources.ts'
import { defineCommand } from '../../command.ts'
import { writeSettings } from '../../config-file.ts'
import { int } from '../../flags.ts'
import { warn } from '../../tell.ts'

export const command = defineCommand({
  use: '',
  long:
    'Looks at this machine and writes into config.yaml, under the keys of release 1.4, which share of it a node offers in\n' +
    'all, how much of it one job may take, and what a job gets that asks for nothing.',
  examples: [['offer half of the machine', 'config auto-resources --total-percentage 50 --job-percentage 25']],
  args: {},
  flags: {
    'total-percentage': int(75, 'Percentage of the machine that is offered to jobs'),
    'job-percentage': int(75, 'Percentage of the machine that one job may take'),
    'default-job-percentage': int(75, 'Percentage of the machine for a job that asks for nothing'),
    'queue-job-percentage': int(150, 'Has no effect'),
  },
  run: async ({ flags }, cli) => {
    const shares = {
      totalresourcelimits: flags['total-percentage'],
      jobresourcelimits: flags['job-percentage'],
      defaultjobresourcelimits: flags['default-job-percentage'],
    }
    checkShares(flags['total-percentage'], flags['job-percentage'], flags['default-job-percentage'])
    const folder = await cli.dataDir()
    await cli.disk.makeDirectory(folder)
    const { detectResources } = await import('#platform/detect-resources.ts')
    const machine = await detectResources(folder, (tool, reason) =>
      warn(cli.stderr, `GPUs that ${tool} knows are not counted: ${reason}.`),
    )
    const settings = Object.entries(shares).flatMap(([group, share]) => limits(group, machine, share))
    await writeSettings(`${folder}/config.yaml`, settings, cli)
  },
})

function checkShares(total: number, job: number, fallback: number): void {
  const check = (name: string, share: number, isWithin: boolean) => {
    if (share <= 0) throw refused(`${name} must be greater than 0`)
    if (share > 100) throw refused(`${name} cannot exceed 100`)
    if (!isWithin) throw refused(`${name} must be less than or equal to total-percentage`)
  }
  check('total-percentage', total, true)
  check('job-percentage', job, job <= total)
  check('default-job-percentage', fallback, fallback <= total)
}

/** GPUs cannot be shared: all of them. */
const limits = (group: string, { CPU, Memory, Disk, GPU }: Resources, share: number): StoredSetting[] =>
  Object.entries({
    cpu: `${Math.trunc(CPU * 10 * share)}m`,
    memory: formatBytes(Math.trunc((Memory * share) / 100)),
    disk: formatBytes(Math.trunc((Disk * share) / 100)),
    gpu: String(GPU),
  }).map(([name, value]) => ({ path: ['node', 'compute', 'capacity', group, name], value }))

const refused = (message: string): Fault => new Fault('ValidationError', message, { component: 'Config' })
