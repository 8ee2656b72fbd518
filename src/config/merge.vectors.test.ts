import { describe, expect, it } from 'vitest'
import { formatDuration } from '#lib/duration.ts'
import { messageOf } from '#lib/fault.ts'
import { readSettings } from '#lib/yaml/read-settings.ts'
import { describeVectors, type VectorCase, vectorCases } from '../../test/kit/vectors.ts'
import { type Loaded, load } from './load.ts'

type Layers = { files: string[]; env: Record<string, string>; values: Record<string, unknown> }

const keys = [
  ...['API.Host', 'API.Port', 'Compute.Enabled', 'Compute.Heartbeat.Interval', 'Compute.Orchestrators', 'DataDir'],
  ...['Engines.Disabled', 'JobDefaults.Batch.Task.Resources.CPU', 'Labels', 'Logging.Level', 'NameProvider'],
  ...['Orchestrator.Enabled', 'UpdateConfig.Interval', 'WebUI.Enabled'],
]

const read = (text: string, at: number) => {
  try {
    return readSettings(text)
  } catch (error) {
    throw new Error(`opening config file "<dir>/f${at}.yaml": While parsing config: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Files, environment and `-c` pairs, merged. */
const merged = ({ files, env, values }: Layers): Loaded =>
  load({
    side: 'client',
    home: '/home/user',
    files: files.map((text, at) => ({ path: `f${at}.yaml`, values: read(text, at) })),
    env,
    pairs: Object.entries(values).map(([key, value]) => ({ key, value })),
  })

const textAt = ({ settings }: Loaded, key: string): string =>
  textOf(key.split('.').reduce<any>((section, name) => section[name], settings))

function textOf(value: unknown): string {
  if (typeof value === 'bigint') return formatDuration(value)
  if (Array.isArray(value)) return `[${value.join(' ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, each]) => `${key.toLowerCase()}:${each}`)
  return `map[${entries.sort().join(' ')}]`
}

/** A value as ours has it: of the right type, and no look for newer releases unless it is asked for. */
const typed = (key: string, theirs: string): string => {
  if (key === 'UpdateConfig.Interval') return ['24h0m0s', '0'].includes(theirs) ? '0s' : theirs
  if (key === 'Labels') return theirs.replace(/^(\w+)=(\w+)$/, 'map[$1:$2]')
  return ['Compute.Orchestrators', 'Engines.Disabled'].includes(key) && !theirs.startsWith('[')
    ? `[${theirs.replace(',', ' ')}]`
    : theirs
}

/** Values of the wrong type are refused, whatever is stronger. */
const isWrong = ({ in: { files, env } }: VectorCase): boolean =>
  env.BACALHAU_API_PORT === 'zz' || files.some((text: string) => /notanumber|Interval: 90|Enabled: yes/.test(text))
/** Outside of the merge in the reference. */
const namesFolder = ({ in: { env } }: VectorCase): boolean => env.BACALHAU_DIR !== undefined

describeVectors('config-merge.v1.9.3.json', merged, {
  skip: (vector) => isWrong(vector) || namesFolder(vector),
  isSame: (ours, theirs) =>
    keys.every((key) => textAt(ours as Loaded, key) === typed(key, (theirs as Record<string, string>)[key] ?? '')),
})

const wrong = vectorCases('config-merge.v1.9.3.json')?.filter(isWrong) ?? []
if (wrong.length > 0) {
  describe('layers with a value of the wrong type', () => {
    it('are refused [X12]', () => {
      for (const { in: layers } of wrong) expect(() => merged(layers), JSON.stringify(layers)).toThrow()
    })
  })
}
