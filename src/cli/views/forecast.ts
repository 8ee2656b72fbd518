import type { PlanAnswer } from '#api/jobs.ts'
import { shortId } from '#lib/short-id.ts'
import { visible } from '#lib/text/visible.ts'
import type { Exclusion, FailedAttempt, Forecast, JobReasons } from '#models/forecast.ts'
import type { Colours } from '../colours.ts'
import type { Out } from '../out.ts'
import { boldTitle, keyValues } from '../print.ts'
import { fitted } from '../tell.ts'
import { dateTime } from './times.ts'

const mostNodes = 20
/** Columns of the longest key and the `=` behind it. */
const keyColumns = 10

/** `job plan` for people: what it comes to first. */
export function planText(plan: PlanAnswer, colours: Colours, out: Out): string {
  const { Summary, Action, JobID, Version, Diff, Warnings } = plan
  return [
    keyValues([
      ['Summary', fitted(Action === 'none' ? `nothing changes; ${Summary}` : Summary, out, keyColumns)],
      ['Action', Action],
      ['Job ID', JobID],
      ['Version', String(Version)],
    ]),
    section(
      colours,
      'Warnings',
      (Warnings ?? []).map((warning) => bullet(warning, out)),
    ),
    section(colours, 'Difference', Diff === '' ? [] : [visible(Diff.trimEnd())]),
    nodesText(plan, colours, out),
  ].join('')
}

/** `job why` for people: the cause first. */
export function whyText(reasons: JobReasons, colours: Colours, out: Out): string {
  const { Summary, State, Message, Version, Attempts, Next, NextTime, JobID } = reasons
  return [
    keyValues([
      ['Cause', fitted(Summary, out, keyColumns)],
      ['Next', fitted(`${Next}${timeText(NextTime)}`, out, keyColumns)],
      ['State', State],
      ['Message', fitted(Message.split('\n')[0] ?? '', out, keyColumns)],
      ['Job ID', JobID],
      ['Version', String(Version)],
    ]),
    section(
      colours,
      'Failed Attempts',
      Attempts.map((attempt) => attemptLine(attempt, out)),
    ),
    nodesText(reasons, colours, out),
  ].join('')
}

const nodesText = ({ Nodes, Placements, Exclusions, Avoided = [] }: Forecast, colours: Colours, out: Out): string =>
  section(colours, 'Would Start', placementLines(Placements)) +
  section(
    colours,
    'Comes Last',
    Avoided.slice(0, mostNodes).map(({ NodeID, Failures }) =>
      bullet(`node ${shortId(NodeID)}: ${Failures} jobs have failed there of late`, out),
    ),
  ) +
  section(
    colours,
    'Left Out',
    Exclusions.map((exclusion) => exclusionLine(exclusion, Nodes, out)),
  )

const section = ({ bold }: Colours, title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${boldTitle(title, bold)}${lines.join('\n')}\n`

const placementLines = (placements: Forecast['Placements']): string[] => [
  ...placements.slice(0, mostNodes).map(({ NodeID, Executions }) => `• ${Executions} on node ${shortId(NodeID)}`),
  ...(placements.length > mostNodes ? [`• and on ${placements.length - mostNodes} more nodes`] : []),
]

const exclusionLine = ({ Count, NodeIDs, Reason, Cure }: Exclusion, nodes: number, out: Out): string =>
  bullet(
    `${Count === 1 ? `node ${shortId(NodeIDs[0] ?? '')}` : `${Count} of ${nodes} nodes`}: ${Reason}. Cure: ${Cure}`,
    out,
  )

const attemptLine = ({ ExecutionID, NodeID, Attempt, Reason, Next, NextTime }: FailedAttempt, out: Out): string =>
  bullet(
    `attempt ${Attempt}, ${shortId(ExecutionID)} on node ${shortId(NodeID)}: ${Reason}. ${Next}${timeText(NextTime)}`,
    out,
  )

const bullet = (text: string, out: Out): string => `• ${fitted(text.trim().replace(/\s+/g, ' '), out, 2)}`

const timeText = (ns: bigint): string => (ns === 0n ? '' : ` (${dateTime(ns)} UTC)`)
