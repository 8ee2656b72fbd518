import { shortId } from '#lib/short-id.ts'
import type { Execution } from '#models/execution.ts'
import { type Column, column, extra } from './column.ts'
import { dateTime, elapsed } from './times.ts'

const id = column<Execution>('ID', 10, 'text', (execution) => shortId(execution.ID))
const node = column<Execution>('Node ID', 10, 'text', (execution) => shortId(execution.NodeID))
const version = column<Execution>('Job Version', 11, 'text', (execution) => String(execution.JobVersion))
const revision = column<Execution>('Rev.', 4, 'text', (execution) => String(execution.Revision), extra)
const state = column<Execution>('State', 17, 'text', (execution) => execution.ComputeState.StateType)
const desired = column<Execution>('Desired', 10, 'text', (execution) => execution.DesiredState.StateType, extra)

/** `job executions`; with the version of the job when somebody asks for versions. */
export const executionColumns = (showsVersion: boolean): readonly Column<Execution>[] => [
  column('Created', 8, 'time', (execution) => dateTime(execution.CreateTime)),
  column('Modified', 8, 'time', (execution) => dateTime(execution.ModifyTime), extra),
  id,
  ...(showsVersion ? [version] : []),
  node,
  revision,
  state,
  desired,
]

/** Within `job describe`. `nowNs`: Unix nanoseconds, for ages. */
export const describedExecutionColumns = (nowNs: bigint): readonly Column<Execution>[] => [
  id,
  node,
  state,
  desired,
  revision,
  column('Created', 10, 'text', (execution) => elapsed(execution.CreateTime, nowNs)),
  column('Modified', 10, 'text', (execution) => elapsed(execution.ModifyTime, nowNs), extra),
  column('Comment', 40, 'text', (execution) => execution.ComputeState.Message ?? '', { least: 20 }),
]
