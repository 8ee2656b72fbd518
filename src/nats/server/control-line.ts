import { maxPayloadBytes } from '../payload-limit.ts'

/** What a client asks by one line. */
export type Control =
  | { kind: 'connect'; options: Record<string, unknown> }
  | { kind: 'ping' }
  | { kind: 'pong' }
  | { kind: 'subscribe'; subject: string; queue: string | undefined; sid: string }
  | { kind: 'unsubscribe'; sid: string; max: number | undefined }
  | PublishHead

/** `totalBytes` of payload follow, `headerBytes` of them a header. */
export type PublishHead = {
  kind: 'publish'
  subject: string
  reply: string | undefined
  headerBytes: number
  totalBytes: number
}

/** The client broke the protocol: it is told so and cut off. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

export const unknownOperation = (): ProtocolError => new ProtocolError('Unknown Protocol Operation')

/** Reads a line that is not empty, without its end. Throws a ProtocolError. */
export function readControlLine(line: string): Control {
  const [word = '', ...args] = wordsOf(line)
  switch (word.toUpperCase()) {
    case 'PUB':
      return publish(args[0], args.length > 2 ? args[1] : undefined, '0', args.at(-1), args.length)
    case 'HPUB':
      return publish(args[0], args.length > 3 ? args[1] : undefined, args.at(-2), args.at(-1), args.length - 1)
    case 'SUB':
      return subscribe(args)
    case 'UNSUB':
      return unsubscribe(args)
    case 'PING':
      return { kind: 'ping' }
    case 'PONG':
      return { kind: 'pong' }
    case 'CONNECT':
      return { kind: 'connect', options: options(line.slice(word.length)) }
    default:
      throw unknownOperation()
  }
}

/** What spaces and tabs part. Not split: nearly each line is a new text, and V8 remembers what it has split. */
function wordsOf(line: string): string[] {
  const words: string[] = []
  let begin = 0
  for (let at = 0; at <= line.length; at++) {
    if (at < line.length && line[at] !== ' ' && line[at] !== '\t') continue
    if (at > begin) words.push(line.slice(begin, at))
    begin = at + 1
  }
  return words
}

function publish(
  subject: string | undefined,
  reply: string | undefined,
  header: string | undefined,
  total: string | undefined,
  count: number,
): PublishHead {
  if (subject === undefined || count < 2 || count > 3) throw unknownOperation()
  const headerBytes = number(header)
  const totalBytes = number(total)
  if (totalBytes > maxPayloadBytes) throw new ProtocolError('Maximum Payload Violation')
  if (headerBytes > totalBytes) throw unknownOperation()
  return { kind: 'publish', subject, reply, headerBytes, totalBytes }
}

function subscribe(args: readonly string[]): Control {
  const [subject, second, third] = args
  if (subject === undefined || second === undefined || args.length > 3) throw unknownOperation()
  return { kind: 'subscribe', subject, queue: third === undefined ? undefined : second, sid: third ?? second }
}

function unsubscribe([sid, max, ...more]: readonly string[]): Control {
  if (sid === undefined || more.length > 0) throw unknownOperation()
  return { kind: 'unsubscribe', sid, max: max === undefined ? undefined : number(max) }
}

function number(text: string | undefined): number {
  if (text === undefined || !/^\d{1,9}$/.test(text)) throw unknownOperation()
  return Number(text)
}

function options(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new ProtocolError('Invalid Connect')
}
