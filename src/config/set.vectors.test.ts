import { setInYaml } from '#lib/yaml/edit-yaml.ts'
import { readSettings } from '#lib/yaml/read-settings.ts'
import type { YamlValue } from '#lib/yaml/read-yaml.ts'
import { writeYaml } from '#lib/yaml/write-yaml.ts'
import { describeVectors, type VectorCase } from '../../test/kit/vectors.ts'
import { storedSetting } from './set.ts'

const edit = (source: string, [name = '', ...words]: readonly string[]): string => {
  const { path, value } = storedSetting(name, words)
  return setInYaml(source, path, value).text
}

/** The reference says an error twice, and prefixes the first. */
const once = (error: string): string =>
  error.slice('Error: '.length, 'Error: '.length + (error.length - 'Error: '.length - 1) / 2)

const isSameFile = (ours: unknown, theirs: unknown): boolean =>
  comparable(ours as string) === comparable((theirs as { 'config.yaml': string })['config.yaml'])

/** Without the order of keys. */
const comparable = (text: string): string => writeYaml(lower(readSettings(text)))

const lower = (value: YamlValue): YamlValue =>
  typeof value !== 'object' || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).map(([key, each]) => [key.toLowerCase(), lower(each)]))

/** What the command line itself reads, and a login method without a name, which we refuse. */
const isElsewhere = ({ in: [name, ...words], raw }: VectorCase): boolean =>
  words.length === 0 ||
  words[0].startsWith('-1') ||
  words[0] === '--' ||
  (name === 'auth.methods' && isNameless(raw.out))

const isNameless = (out: unknown): boolean => JSON.stringify(out ?? '').includes('\\"\\":')

describeVectors('config-set.v1.4.0.json', (words: string[]) => edit('', words), {
  skip: isElsewhere,
  isSame: isSameFile,
  isSameError: (ours, theirs) => {
    const wanted = once(theirs)
    const unknown = /^invalid configuration key (".*"): not found$/s.exec(wanted)?.[1]
    if (wanted.startsWith('yaml: ')) return ours.startsWith('auth.methods is one login method')
    return ours === (unknown ? `${unknown} is not a valid config key` : wanted)
  },
})

/** Texts that are no map of settings are refused where the file is read, in the same words. */
describeVectors(
  'config-set-file.v1.4.0.json',
  ({ file, sets }: { file: string; sets: string[][] }) => sets.reduce(edit, file),
  {
    skip: ({ in: { file } }) => file === ': bad' || file === '- a',
    isSame: isSameFile,
  },
)
