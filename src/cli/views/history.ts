import { shortId } from '#lib/short-id.ts'
import { visible } from '#lib/text/visible.ts'
import type { Event } from '#models/event.ts'
import type { JobHistory } from '#models/job-history.ts'
import { bold, green, red } from '../colours.ts'
import { type Column, column, extra } from './column.ts'
import { dateTime, stampMillis } from './times.ts'

/** When it happened: the event's own time, else when the line was written. */
const timeOf = (line: JobHistory): bigint => line.Event.Timestamp || line.Time
const stateOf = (line: JobHistory): string => line.JobState?.New ?? line.ExecutionState?.New ?? ''

const revision = column<JobHistory>('Rev.', 4, 'text', (line) => String(line.NewRevision), extra)
const state = column<JobHistory>('State', 20, 'text', stateOf)
const topic = column<JobHistory>('Topic', 15, 'soft', (line) => line.Event.Topic, extra)
const event = (showsDetails: boolean, width = 60) =>
  column<JobHistory>('Event', width, 'text', (line) => eventText(line.Event, showsDetails), {
    least: 18,
    isPainted: true,
  })

/** `job history`. With `showsDetails` every fact of an event is listed below it. */
export const historyColumns = (showsDetails: boolean): readonly Column<JobHistory>[] => [
  column('Time', 19, 'time', (line) => stampMillis(timeOf(line))),
  column('Level', 15, 'text', (line) => line.Type, extra),
  revision,
  column('Exec. ID', 10, 'text', (line) => shortId(line.ExecutionID ?? '')),
  column('Node ID', 10, 'text', (line) => shortId(line.NodeID ?? ''), extra),
  state,
  topic,
  event(showsDetails),
]

/** `job history` of one or of all versions, as the generation shows it that has versions. */
export const versionedHistoryColumns = (showsDetails: boolean): readonly Column<JobHistory>[] => [
  column('Time', 20, 'text', (line) => dateTime(timeOf(line))),
  column('Level', 15, 'text', (line) => line.Type, extra),
  column('Job Version', 11, 'text', (line) => String(line.JobVersion)),
  column('Exec. ID', 10, 'text', (line) => shortId(line.ExecutionID ?? '')),
  topic,
  event(showsDetails, 90),
]

/** Within `job describe`. */
export const describedHistoryColumns = (showsDetails: boolean): readonly Column<JobHistory>[] => [
  column('Time', 20, 'text', (line) => dateTime(timeOf(line))),
  revision,
  state,
  topic,
  event(showsDetails),
]

/** An error is red, also where styles are off: the colour is part of the text. */
function eventText({ Message, Details = {} }: Event, showsDetails: boolean): string {
  const text = visible(Message)
  const message = Details.IsError === 'true' ? red(text) : text
  const hint = Details.Hint ? `\n${bold(green('* Hint:'))} ${visible(Details.Hint)}` : ''
  const others = Object.entries(Details)
    .filter(([name]) => name !== 'Hint' && name !== 'IsError')
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const details = showsDetails
    ? others.map(([name, value]) => `\n* ${bold(`${visible(name)}:`)} ${visible(value)}`).join('')
    : ''
  return message + hint + details
}

/** Whether every fact of an event is wanted: when logs are, too. */
export const showsDetails = (env: Readonly<Record<string, string | undefined>>): boolean =>
  ['debug', 'trace'].includes((env.LOG_LEVEL ?? '').toLowerCase())
