import pino from 'pino'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { Fault, messageOf } from '#lib/fault.ts'

export type NodeLog = pino.Logger

const levels: Record<number, string> = { 10: 'TRC', 20: 'DBG', 30: 'INF', 40: 'WRN', 50: 'ERR', 60: 'FTL' }
const hidden = new Set(['level', 'time', 'msg', 'err', 'error'])

/** The node's own log on stderr: lines for people, or JSON. Events are constant names, everything else is a field. */
export const nodeLog = (level: string, mode: string, write: (line: string) => void): NodeLog => {
  const isJson = mode === 'json' || mode === 'combined' || mode === 'event'
  const stream = { write: (line: string) => write(isJson ? line : readable(line)) }
  const serializers = { error: serialized }
  return pino({ level: level === 'panic' ? 'fatal' : level, base: null, errorKey: 'error', serializers }, stream)
}

/** Causes are told of what is not made for people: a Fault says it all, in its own words. */
const serialized = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  const { message, ...rest } = pino.stdSerializers.err(error)
  return { ...rest, message: error instanceof Fault || !error.cause ? messageOf(error) : message }
}

const readable = (line: string): string => {
  const { level, time, msg, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toISOString().slice(11, 23)
  const details = Object.entries(fields)
    .filter(([key]) => !hidden.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
  const { message = error, hint } = (error ?? {}) as { message?: string; hint?: string }
  const cause = error === undefined ? [] : [`error=${JSON.stringify(message)}`]
  if (hint) cause.push(`hint=${JSON.stringify(hint)}`)
  return `${[clock, levels[Number(level)] ?? String(level), String(msg), ...details, ...cause].join(' ')}\n`
}

/**
 * The log as the layers below know it: an event and its fields. What is said of the same node for the same reason is said
 * once in a while, and however many nodes and reasons there are, one event fills no more than so many lines. What comes and goes
 * is said at each turn: the last line is how it is.
 */
export const eventLog = (log: NodeLog, clock: Clock): EventLog => {
  const recent = new Map<string, { sinceMs: number; said: Set<string>; heldBack: number }>()
  return (event, fields) => {
    const now = clock.monotonicMs()
    const opposite = opposites.get(event)
    if (opposite) recent.delete(opposite)
    const known = recent.get(event)
    const isOver = known === undefined || now - known.sinceMs >= repeatMs
    const window = isOver ? { sinceMs: now, said: new Set<string>(), heldBack: 0 } : known
    if (isOver) recent.set(event, window)
    const level = goodNews.has(event) ? 'info' : 'warn'
    if (isOver && known?.heldBack) log[level]({ heldBack: known.heldBack }, event)
    const key = `${fields['nodeId'] ?? fields['subject'] ?? ''} ${messageOf(fields['error'] ?? fields['reason'] ?? fields['progress'] ?? '')}`
    if (window.said.has(key)) return
    if (window.said.size >= saidLimit) window.heldBack += 1
    else {
      window.said.add(key)
      log[level](fields, event)
    }
  }
}

/** Nobody has to do anything about these. */
const goodNews = new Set([
  'orchestrator_found',
  'bus_reached',
  'engine_available',
  'storage_available',
  'publisher_available',
  'execution_progress',
  'labels_changed',
  'logs_swept',
  'node_judged',
  'store_upgrade',
])

/** Who tells of these does so when it changes, and not more often than it looks. */
const opposites = new Map(
  [
    ['bus_lost', 'bus_reached'],
    ['engine_unavailable', 'engine_available'],
    ['storage_unavailable', 'storage_available'],
    ['publisher_unavailable', 'publisher_available'],
  ].flatMap(([off = '', on = '']) => [
    [off, on],
    [on, off],
  ]),
)

const repeatMs = 30_000
/** Lines of one event within that time. */
const saidLimit = 100
