import type { PlanAnswer } from '#api/jobs.ts'
import { shortId } from '#lib/short-id.ts'
import { visible, visibleLine } from '#lib/text/visible.ts'
import type { Exclusion, FailedAttempt, Forecast, JobReasons } from '#models/forecast.ts'
import type { Colours } from '../colours.ts'
import { boldTitle, keyValues } from '../print.ts'
import { dateTime } from './times.ts'

const mostNodes = 20

/** `job plan` for people: what it comes to first. */
export function planText(plan: PlanAnswer, colours: Colours): string {
  const { Summary, Action, JobID, Version, Diff, Warnings } = plan
  return [
    keyValues([
      ['Summary', Action === 'none' ? `nothing changes; ${Summary}` : Summary],
      ['Action', Action],
      ['Job ID', JobID],
      ['Version', String(Version)],
    ]),
    section(
      colours,
      'Warnings',
      (Warnings ?? []).map((warning) => `• ${visibleLine(warning)}`),
    ),
    section(colours, 'Difference', Diff === '' ? [] : [visible(Diff.trimEnd())]),
    nodesText(plan, colours),
  ].join('')
}

/** `job why` for people: the cause first. */
export function whyText(reasons: JobReasons, colours: Colours): string {
  const { Summary, State, Message, Version, Attempts, Next, NextTime, JobID } = reasons
  return [
    keyValues([
      ['Cause', Summary],
      ['Next', `${Next}${timeText(NextTime)}`],
      ['State', State],
      ['Message', Message.split('\n')[0] ?? ''],
      ['Job ID', JobID],
      ['Version', String(Version)],
    ]),
    section(colours, 'Failed Attempts', Attempts.map(attemptLine)),
    nodesText(reasons, colours),
  ].join('')
}

const nodesText = ({ Nodes, Placements, Exclusions }: Forecast, colours: Colours): string =>
  section(colours, 'Would Start', placementLines(Placements)) +
  section(
    colours,
    'Left Out',
    Exclusions.map((exclusion) => exclusionLine(exclusion, Nodes)),
  )

const section = ({ bold }: Colours, title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${boldTitle(title, bold)}${lines.join('\n')}\n`

const placementLines = (placements: Forecast['Placements']): string[] => [
  ...placements.slice(0, mostNodes).map(({ NodeID, Executions }) => `• ${Executions} on node ${shortId(NodeID)}`),
  ...(placements.length > mostNodes ? [`• and on ${placements.length - mostNodes} more nodes`] : []),
]

const exclusionLine = ({ Count, NodeIDs, Reason, Cure }: Exclusion, nodes: number): string =>
  visible(
    `• ${Count === 1 ? `node ${shortId(NodeIDs[0] ?? '')}` : `${Count} of ${nodes} nodes`}: ${Reason}. Cure: ${Cure}`,
  )

const attemptLine = ({ ExecutionID, NodeID, Attempt, Reason, Next, NextTime }: FailedAttempt): string =>
  visibleLine(
    `• attempt ${Attempt}, ${shortId(ExecutionID)} on node ${shortId(NodeID)}: ${Reason}. ${Next}${timeText(NextTime)}`,
  )

const timeText = (ns: bigint): string => (ns === 0n ? '' : ` (${dateTime(ns)} UTC)`)
