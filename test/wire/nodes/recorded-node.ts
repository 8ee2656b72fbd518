import type { Publisher } from '#contracts/publisher.ts'
import { yes } from '#contracts/verdict.ts'
import type { Recorded } from '../../kit/go-orchestrator.ts'
import { ScriptedEngine } from '../../kit/scripted-engine.ts'

/** The recorded nodes, by the version that was recorded. */
export const versions = {
  'v1.4.0': { protocol: 'bprotocol/v2', node: 'node140', joined: 'UpdateResources/v1' },
  'v1.9.3': { protocol: 'ncl/v1', node: 'node193', joined: 'transport.HandshakeRequest' },
} as const
export type Version = keyof typeof versions

/** What happened in the recording, without what belongs to its time. */
export const orders = (lines: Recorded[]): Recorded[] =>
  lines.filter(
    ({ dir, subject = '' }) => dir === 'S>C' && /^node\.compute\.\w+\.(Ask|Bid|Cancel)|\.in\.msgs$/.test(subject),
  )
export const typeOfLine = ({ subject = '', json }: Recorded): string => json.metadata?.Type ?? subject.split('.').at(-1)
export const isReport = ({ dir, subject = '' }: Recorded): boolean =>
  dir === 'C>S' && /^node\.orchestrator\.|\.out\.msgs$/.test(subject)
export const bodyOfLine = ({ json }: Recorded): any => (json.metadata ? json.payload : json)

/** Times differ, our engine has its own words, and an empty list is as good as none. */
export const comparable = (body: any): unknown =>
  JSON.parse(
    JSON.stringify(body, (key, value) => {
      if (key === 'Timestamp') return undefined
      if (key === 'Events') return value ?? []
      return key === 'Message' ? value.replace(/^(?:execution error: )+/, '') : value
    }),
  )

/** Runs what the recorded job printed, or fails as it did. */
export function recordedEngine(lines: Recorded[]): ScriptedEngine {
  const reports = lines.filter(isReport).map(bodyOfLine)
  return new ScriptedEngine('docker', async ({ executionId, logs }) => {
    const ended = reports.find((each) => each.ExecutionID === executionId && !('Accepted' in each))
    const output = ended?.RunCommandResult
    if (output) {
      await logs.write(1, Buffer.from(output.Stdout))
      await logs.write(2, Buffer.from(output.stderr))
      return { exitCode: output.ExitCode }
    }
    const event = ended?.Event ?? ended?.Events?.[0]
    if (!event) return new Promise(() => {})
    return { exitCode: 1, failure: { message: event.Message, class: 'transient' } }
  })
}

export const recordedPublisher = (lines: Recorded[]): Publisher => ({
  type: 'local',
  isInstalled: async () => yes,
  accepts: async () => yes,
  publish: async ({ executionId }) =>
    bodyOfLine(
      lines.find(
        (each) => isReport(each) && bodyOfLine(each).ExecutionID === executionId && bodyOfLine(each).PublishResult,
      ) as Recorded,
    ).PublishResult,
})

/** The same decision with other words: that the bid is not taken. */
export const rejectionOf = ({ subject, json }: Recorded): Recorded => {
  if (!json.metadata) return { subject: subject?.replace('BidAccepted', 'BidRejected') ?? '', json }
  const metadata = { ...json.metadata, 'Bacalhau-Type': 'BidRejected', Type: 'BidRejected' }
  return { subject: subject ?? '', json: { metadata, payload: json.payload } }
}
/** It comes once more, under a higher number where there are numbers. */
export const laterOf = ({ subject, json }: Recorded): Recorded => {
  const metadata = json.metadata && { ...json.metadata, 'Bacalhau-SeqNum': '999999' }
  return { subject: subject ?? '', json: metadata ? { metadata, payload: json.payload } : json }
}
