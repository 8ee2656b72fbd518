import { encodeBuildVersion } from '#api/encode/node.ts'
import type { BuildVersionInfo } from '#models/node.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { printDocument } from '../../print.ts'
import { shapeFlags } from '../../shared/output-flags.ts'
import { during } from '../../shared/wrap-error.ts'

export const command = defineCommand({
  use: '',
  args: noArgs,
  completes: 'nothing',
  flags: shapeFlags,
  run: async (_, cli) => during('could not get server version', (await cli.client()).agent.version()),
  show: (version, { flags }, cli) =>
    flags.output === ''
      ? cli.stdout.write(versionText(version))
      : during('failed to write version', printDocument(cli.stdout, encodeBuildVersion(version), flags)),
})

const versionText = ({ GitVersion, BuildDate, GitCommit }: BuildVersionInfo): string =>
  `Bacalhau ${GitVersion}\nBuildDate ${goDate(BuildDate)}\nGitCommit ${GitCommit}\n`

/** RFC 3339 as Go prints times: `1970-01-01 00:00:00 +0000 UTC`. */
const goDate = (date: string): string => date.replace('T', ' ').replace('Z', ' +0000 UTC')
