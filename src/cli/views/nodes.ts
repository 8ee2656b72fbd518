import { shortId } from '#lib/short-id.ts'
import type { NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { type Column, column, extra } from './column.ts'

type Compute = NonNullable<NodeState['Info']['ComputeNodeInfo']>

/** A cell that is blank for nodes that run no work. */
const computed = (show: (compute: Compute) => string) => (node: NodeState) =>
  node.Info.ComputeNodeInfo ? show(node.Info.ComputeNodeInfo) : ''
const capacity = (show: (resources: Resources) => string) =>
  computed((compute) => `${show(compute.AvailableCapacity)} / ${show(compute.MaxCapacity)}`)
const words = (pick: (compute: Compute) => readonly string[]) => computed((compute) => pick(compute).join(' '))

const identity: readonly Column<NodeState>[] = [
  column('id', undefined, undefined, (node) => shortId(node.Info.NodeID)),
  column('type', undefined, undefined, (node) => node.Info.NodeType),
  column('approval', undefined, undefined, (node) => node.Membership),
  column('status', undefined, undefined, (node) => (node.Info.ComputeNodeInfo ? statusText(node) : '')),
]

const groups: Readonly<Record<string, readonly Column<NodeState>[]>> = {
  labels: [
    column('labels', 50, 'soft', (node) => labelText(node.Info.Labels), {
      least: 16,
      isExtra: true,
    }),
  ],
  version: [
    column('version', undefined, undefined, (node) => node.Info.BacalhauVersion?.GitVersion ?? '', extra),
    column('architecture', undefined, undefined, (node) => node.Info.BacalhauVersion?.GOARCH ?? '', extra),
    column('os', undefined, undefined, (node) => node.Info.BacalhauVersion?.GOOS ?? '', extra),
  ],
  features: [
    column(
      'engines',
      7,
      'soft',
      words((compute) => compute.ExecutionEngines),
      extra,
    ),
    column(
      'inputs from',
      15,
      'soft',
      words((compute) => compute.StorageSources),
      extra,
    ),
    column(
      'outputs',
      6,
      'soft',
      words((compute) => compute.Publishers),
      extra,
    ),
  ],
  capacity: [
    column(
      'cpu',
      6,
      'soft',
      capacity((resources) => resources.CPU.toFixed(1)),
      extra,
    ),
    column(
      'memory',
      10,
      'soft',
      capacity((resources) => sizeText(resources.Memory)),
      extra,
    ),
    column(
      'disk',
      11,
      'soft',
      capacity((resources) => sizeText(resources.Disk)),
      extra,
    ),
    column(
      'gpu',
      4,
      'soft',
      capacity((resources) => String(resources.GPU)),
      extra,
    ),
  ],
}

/** What `--show` may name. */
export const columnGroups = Object.keys(groups)

/** The groups of `--show`, in the order and as often as they are named; unknown ones are ignored. */
export const nodeColumns = (shown: readonly string[]): readonly Column<NodeState>[] => [
  ...identity,
  ...shown.flatMap((name) => (Object.hasOwn(groups, name) ? (groups[name] ?? []) : [])),
]

/** `CONNECTED`, `CONNECTED (draining)`. */
const statusText = ({ ConnectionState, Cordon }: NodeState): string =>
  Cordon ? `${ConnectionState.Status} (${Cordon.toLowerCase()})` : ConnectionState.Status

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`)
    .join(' ')

const sizeUnits = ['KB', 'MB', 'GB', 'TB', 'PB', 'EB']

/** Bytes in steps of 1024, one decimal; a unit begins above its size, so that exactly 1 GiB is `1024.0 MB`. */
function sizeText(bytes: number): string {
  const power = sizeUnits.findLastIndex((_, index) => bytes > 1024 ** (index + 1))
  return power < 0 ? `${bytes} B` : `${(bytes / 1024 ** (power + 1)).toFixed(1)} ${sizeUnits[power]}`
}
