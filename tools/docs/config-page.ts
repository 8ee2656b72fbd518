import type { Leaf } from '#config/leaf.ts'
import { oldKeys } from '#config/old-keys.ts'
import { envNameOf, type Key, keys } from '#config/tree.ts'
import { formatDuration } from '#lib/duration.ts'
import { cell, made, tableOf } from './markdown.ts'

/** docs/config.md from the table of settings. */
export function configPage(): string {
  const sections = Map.groupBy(keys, ({ path }) => (path.includes('.') ? path.split('.')[0]! : 'General'))
  const parts = [...sections].map(
    ([name, list]) => `## ${name}\n\n${tableOf(['key', 'kind', 'default', 'meaning'], list.map(row))}`,
  )
  return `# Settings

${made}

A value comes from, in rising order: its default, \`config.yaml\` in the data folder and the files given with \`--config\`, the environment, a flag or
\`-c key=value\`. Every key has the variable \`BACALHAU_\` + its name in capitals with \`_\` for \`.\` (\`${envNameOf('API.Port')}\`); further ones are named.
Names ignore case. An unknown key is a warning that names the nearest one, and an error with \`--strict-config\`.
Variables may also stand in \`.env\` of the working folder, unless \`BACALHAU_NO_DOTENV=1\`.

\`bacalhau config list\` shows every key with its value and where that comes from; secrets are masked there and in \`/agent/config\`.
\`bacalhau config set API.Port=1234\` checks a value and writes it into \`config.yaml\`, or into the file that \`-c\` names; comments and everything else
in it stay. A file that holds a secret is readable by its owner only. A client finds its server by an address that is given anywhere, else by a
profile (\`bacalhau profile save\`, \`--profile\`, \`BACALHAU_PROFILE\`), else on this machine.

Keys of release 1.4 are accepted (${oldKeys.length} of them) with a notice that names the new one. A data folder of 1.4 or 1.9 is used as it is: its
settings, key, tokens, profiles and the name of its node count; its databases of jobs are not read, and none of its files is changed.

${parts.join('\n\n')}
`
}

function row({ path, leaf }: Key): string[] {
  const choices = leaf.choices ? ` One of ${leaf.choices.join(', ')}.` : ''
  const env = leaf.env?.length ? ` Also \`${leaf.env.join('`, `')}\`.` : ''
  return [`\`${path}\``, leaf.kind, fallback(leaf), cell(`${leaf.about}.${choices}${env}`)]
}

function fallback({ kind, fallback: value }: Leaf<unknown>): string {
  if (kind === 'duration') return `\`${formatDuration(value as bigint)}\``
  if (value === '' || JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}') return ''
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
}
