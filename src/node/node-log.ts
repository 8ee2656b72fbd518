import pino from 'pino'
import type { Clock } from '#lib/clock.ts'

export type NodeLog = pino.Logger

const levels: Record<number, string> = { 10: 'TRC', 20: 'DBG', 30: 'INF', 40: 'WRN', 50: 'ERR', 60: 'FTL' }
const hidden = new Set(['level', 'time', 'msg', 'err', 'error'])

/** The node's own log on stderr: lines for people, or JSON. Events are constant names, everything else is a field. */
export const nodeLog = (level: string, mode: string, write: (line: string) => void): NodeLog => {
  const isJson = mode === 'json' || mode === 'combined' || mode === 'event'
  const stream = { write: (line: string) => write(isJson ? line : readable(line)) }
  return pino({ level: level === 'panic' ? 'fatal' : level, base: null, errorKey: 'error' }, stream)
}

const readable = (line: string): string => {
  const { level, time, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toISOString().slice(11, 23)
  const details = Object.entries(fields)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  const cause = error === undefined ? [] : [`error=${JSON.stringify((error as { message?: string }).message ?? error)}`]
  return `${[clock, levels[Number(level)] ?? String(level), String(msg), ...details, ...cause].join(' ')}\n`
}

/** The log as the layers below know it: an event and its fields. Repeats of one event, node and message are held back. */
export const eventLog = (log: NodeLog, clock: Clock): ((event: string, fields: Record<string, unknown>) => void) => {
  const lastSaid = new Map<string, number>()
  return (event, fields) => {
    const key = `${event} ${fields['node'] ?? ''} ${fields['error'] instanceof Error ? fields['error'].message : ''}`
    const now = clock.monotonicMs()
    if (now - (lastSaid.get(key) ?? Number.NEGATIVE_INFINITY) < repeatMs) return
    if (lastSaid.size > rememberedEvents) lastSaid.clear()
    lastSaid.set(key, now)
    log.warn(fields, event)
  }
}

const repeatMs = 30_000
const rememberedEvents = 1_000
