import { Fault } from '../fault.ts'

/** Reads the value of `-o`: `name:path` with exactly one colon. Throws Fault('BadRequest', `invalid output volume: …`). */
export function parseResultPath(text: string): { Name: string; Path: string } {
  const [, Name, Path] = /^([^:]+):([^:]+)$/.exec(text) ?? []
  if (Name !== undefined && Path !== undefined) return { Name, Path }
  throw new Fault('BadRequest', `invalid output volume: ${text}`, { hint: 'For example -o outputs:/outputs.' })
}
