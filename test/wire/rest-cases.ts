import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { goldensDir, type Version } from '../kit/vectors.ts'

/** One recorded exchange with the real system; the README of the recordings explains the fields. */
export type RestCase = {
  /** `<area>/<case>`, as docs/compat.md names it. */
  name: string
  area: string
  version: Version
  needs?: { fixture?: string; state?: string }
  /** JOB, SHORT, EXEC, NODE: what stands for them in the request. */
  vars?: Record<string, string>
  /** Set when not the orchestrator was asked. */
  server?: string
  request: {
    method: string
    path: string
    headers?: Record<string, string | null>
    body?: string
    websocket?: boolean
    clientClosesAfterMs?: number
  }
  response: {
    status: number
    headers: Record<string, string | string[]>
    body?: string
    frames?: Frame[]
    end?: string
  }
}
export type Frame = { opcode: number; fin?: boolean; text?: string; code?: number; reason?: string }

export const recordedAreas = (version: Version): string[] => readdirSync(join(goldensDir(), 'rest', version)).sort()

/** Every recording of an area in the order of names. */
export function restCases(version: Version, area: string): RestCase[] {
  const folder = join(goldensDir(), 'rest', version, area)
  return readdirSync(folder)
    .sort()
    .map((file) => {
      const golden = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Omit<RestCase, 'name' | 'area'>
      return { ...golden, area, name: `${area}/${file.replace(/\.json$/, '')}` }
    })
}

/** The body that submitted a fixture. */
export function submissionOf(version: Version, fixture: string): string {
  const file = join(goldensDir(), 'rest', version, 'jobs', `submit-${fixture}.json`)
  return (JSON.parse(readFileSync(file, 'utf8')) as RestCase).request.body ?? ''
}

export const hasRecordings = (): boolean => existsSync(join(goldensDir(), 'rest'))

/** Its job ends by a time limit of its run only: others are asked about meanwhile. */
export const endsLate = ({ needs }: Pick<RestCase, 'needs'>): boolean =>
  /^batch-(total-)?timeout$/.test(needs?.fixture ?? '')
