import { expect } from 'vitest'
import type { Server } from '../../kit/product.ts'
import { ended } from '../crash/processes.ts'

/** What users are to be told of a failed job; `class` says whose fault it is. */
export type ToldFailure = { class: 'user' | 'node' | 'transient' | 'resource'; reason: string; hint?: string }

/** Waits for the end of the job, and expects its state, its description and its history to tell of the failure. */
export async function expectTold(server: Server, id: string, told: ToldFailure): Promise<void> {
  const { State } = (await ended(server.port, id, 60_000)).Job
  expect(State).toMatchObject({ StateType: 'Failed', Message: expect.stringContaining(told.reason) })
  expect(State.Message).toMatch(new RegExp(`class ${told.class} |\\(${told.class}\\)`))
  for (const command of ['describe', 'history']) {
    const said = oneLine(await server.ok(['job', command, id]))
    for (const text of [told.reason, told.class, told.hint ?? '']) expect(said).toContain(oneLine(text))
    expect(said, 'what would help').toContain('*Hint:')
  }
}

/** Without what a table may break it with anywhere. */
export const oneLine = (text: string): string => text.replace(/\x1b\[\d+m|\s/g, '')
