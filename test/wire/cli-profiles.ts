import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { CliCase } from './cli-cases.ts'

/** The order in which the recorder changed its profiles: each case finds what the one before it left. */
const changes = ['save', 'save-select', 'save-bad-name', 'save-insecure', 'select', 'delete-current-force', 'delete']

type Files = readonly { path: string; text?: string }[]
const filesAfter = (golden: CliCase | undefined): Files => (golden?.after?.files ?? []) as Files
const nameOf = ({ case: name }: CliCase): string => name.slice(name.indexOf('/') + 1)

/** Makes the data folder of a case as it was before. `current` is a link to one of the others. */
export function prepareProfiles(dataDir: string, golden: CliCase, all: readonly CliCase[]): void {
  rmSync(dataDir, { recursive: true, force: true })
  mkdirSync(dataDir, { recursive: true })
  const files = filesBefore(golden, all)
  for (const { path, text } of files) {
    if (text === undefined) mkdirSync(join(dataDir, path), { recursive: true })
    else if (path !== 'profiles/current') writeFileSync(join(dataDir, path), text)
  }
  const current = files.find(({ path }) => path === 'profiles/current')
  const target = files.find(({ path, text }) => path.endsWith('.yaml') && text === current?.text)
  if (current && target) symlinkSync(basename(target.path), join(dataDir, current.path))
}

function filesBefore(golden: CliCase, all: readonly CliCase[]): Files {
  const at = changes.indexOf(nameOf(golden))
  if (at < 0) return filesAfter(golden)
  return at === 0 ? [] : filesAfter(all.find((each) => nameOf(each) === changes[at - 1]))
}
