import { buildInfo } from '#lib/build-info.ts'
import type { Life } from '../life.ts'
import type { Machine } from '../machine.ts'
import type { Network } from '../network.ts'
import type { Witness } from '../witness.ts'
import type { World } from '../world.ts'
import type { GoReport } from './go-disk.ts'
import type { GoWork } from './go-work.ts'

export type SpeechParts = {
  world: World
  life: Life
  machine: Machine
  network: Network
  witness: Witness
  work: GoWork
}
export type Speech = { start(): void; report(report: GoReport): void }

export const infoOf = ({ machine, work }: SpeechParts, version: string) => {
  const { nodeId, labels, capacity } = machine.facts
  return {
    NodeID: nodeId,
    NodeType: 'Compute',
    Labels: labels,
    ComputeNodeInfo: {
      ExecutionEngines: ['sim'],
      Publishers: ['sim'],
      StorageSources: null,
      MaxCapacity: capacity,
      QueueCapacity: work.queued,
      AvailableCapacity: work.available,
      MaxJobRequirements: capacity,
      RunningExecutions: 0,
      EnqueuedExecutions: 0,
    },
    BacalhauVersion: { ...buildInfo, GitVersion: version },
  }
}

export const outputOf = (exitCode: number, ErrorMsg: string) => ({
  Stdout: '',
  StdoutTruncated: false,
  stderr: '',
  StderrTruncated: false,
  ExitCode: exitCode,
  ErrorMsg,
})

export const eventOf = (text: string, failsExecution: boolean) => ({
  Message: text,
  Topic: 'Execution',
  Timestamp: '2026-01-01T00:00:00Z',
  Details: failsExecution ? { FailsExecution: 'true' } : { IsError: 'true' },
})

export const bytesOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** Again and again for the life of the process, the first time now. */
export const every = ({ world, life }: SpeechParts, what: string, ms: number, act: () => void): void => {
  const again = (): void => {
    act()
    world.timeline.after(ms * 1_000, `${life.name} ${what}`, () => life.run(again))
  }
  again()
}
