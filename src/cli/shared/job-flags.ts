import { parseNetworkType } from '#lib/spec-text/network-type.ts'
import { parsePublisherSpec } from '#lib/spec-text/publisher-spec.ts'
import { parseResultPath } from '#lib/spec-text/result-path.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import { custom, int, int64, several, stringArray, strings, text } from '../flags.ts'
import { parseInput } from './local-input.ts'

const targets: Readonly<Record<string, 'batch' | 'ops'>> = { any: 'batch', all: 'ops' }

/** Of commands that build a job from flags. */
export const jobFlags = {
  name: text('', 'Name of the job'),
  namespace: text('default', 'Namespace of the job'),
  priority: int(0, 'Priority of the job'),
  count: int(1, 'On how many nodes or partitions it runs'),
  concurrency: int(1, 'On how many nodes or partitions it runs', { deprecated: 'use --count' }),
  target: custom(
    'any|all',
    'any',
    'Whether any matching node runs it or all do',
    (given) => {
      if (!Object.hasOwn(targets, given)) throw new Error(`expecting "any" or "all", not "${given}"`)
      return given
    },
    { words: Object.keys(targets) },
  ),
  constraints: text('', 'Selector of the nodes that may run it; -c is its short form here'),
  selector: text('', 'Selector of the nodes that may run it', { shorthand: 's', deprecated: 'use --constraints' }),
  labels: strings([], 'Labels of the job: key=value', { shorthand: 'l' }),
}

/** Of the one task of such a job. */
export const taskFlags = {
  'task-name': text('main', 'Name of the task'),
  input: several('storage', 'An input: URI:TARGET, ./path:TARGET, or src=URI,dst=TARGET,opt=name=value', parseInput, {
    shorthand: 'i',
  }),
  output: several('ResultPath', 'A folder that belongs to the result: name:path', parseResultPath, { shorthand: 'o' }),
  publisher: custom<SpecConfig>(
    'publisher',
    { Type: '' },
    'Where the result goes: local, link, s3://bucket/key, …',
    parsePublisherSpec,
    { shorthand: 'p' },
  ),
  cpu: text('', 'CPU of the task: 500m, 2'),
  memory: text('', 'Memory of the task: 512Mb, 2Gb'),
  disk: text('', 'Disk of the task: 10Gb'),
  gpu: text('', 'GPUs of the task'),
  network: custom('network-type', 'None', 'Network of the task: none, http, full', parseNetworkType, {
    words: ['none', 'http', 'full'],
  }),
  domain: stringArray([], 'A domain the task may reach with --network=http'),
  timeout: int64(0, 'Seconds the job may take in all; 0 = no limit'),
  'queue-timeout': int64(0, 'Seconds the job may wait for a node; 0 = it does not wait'),
  'ipfs-connect': text('', 'Has no effect', { isHidden: true }),
}

export const jobTypeOf = (target: string): 'batch' | 'ops' => targets[target] ?? 'batch'
