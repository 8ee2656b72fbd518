import { join } from 'node:path'
import { goldensDir } from '../kit/vectors.ts'
import type { Frame, RestCase } from './rest-cases.ts'
import type { Answer } from './rest-exchange.ts'

type Compare = { mask(text: string): string; sameShape(golden: unknown, ours: unknown, options?: object): string[] }

/** The comparison that lies beside the recordings. */
export const loadCompare = async (): Promise<Compare> =>
  (await import(/* @vite-ignore */ join(goldensDir(), 'compare.mjs'))) as Compare

/** Facts of the build, not of the interface. */
const machineKeys = ['GitVersion', 'ServerVersion', 'Minor', 'GOOS', 'GOARCH']

/** How an answer of ours differs from the recorded one: `status: …`, `content-type: …`, `$.path: …`, `frame N: …`. */
export function differences(golden: RestCase, ours: Answer, compare: Compare): string[] {
  const { response } = golden
  const found: string[] = []
  if (response.status !== ours.status) found.push(`status: ${response.status} became ${ours.status}`)
  const contentType = String(response.headers['Content-Type'] ?? '')
  if (response.status !== 101 && contentType !== ours.contentType) {
    found.push(`content-type: ${contentType} became ${ours.contentType}`)
  }
  if (response.frames)
    return [...found, ...frameDifferences(response.frames, ours.frames ?? [], /running-/.test(golden.name), compare)]
  if (response.body === undefined || response.body === '') {
    return ours.body === '' ? found : [...found, `body: nothing became ${ours.body.slice(0, 200)}`]
  }
  const isNodes = isAboutNodes(golden)
  const isMixed = hasSeveralExecutions(response.body)
  const comparable = isTie(golden) ? byNodeId : isNodes ? (text: string) => text : ordered(isMixed)
  const own = withoutOwnLines(ours.body)
  const [wanted, given] = [comparable(response.body), comparable(own.body)]
  const identity = isNodes || !isMixed
  const options = { extraKeys: 'allow', machineKeys, identity, ...optionsFor(golden) }
  return [...found, ...own.lines, ...compare.sameShape(wanted, given, options)]
}

type HistoryLine = { Event?: { Message?: string } }
const ownLine = /^Attempt \d+ of \d+ failed .*, (?:the next follows|no other follows)|^Fetched \w+ at \//

/**
 * Lines of history that the recorded system has no counterpart of: each is a difference by itself, and what is left is
 * compared as if they were not there.
 */
function withoutOwnLines(body: string): { body: string; lines: string[] } {
  if (!/"(?:Attempt|Fetched) /.test(body)) return { body, lines: [] }
  const lines: string[] = []
  const isOthers = ({ Event }: HistoryLine): boolean => {
    const message = Event?.Message ?? ''
    const isOwn = ownLine.test(message)
    if (isOwn) lines.push(`line of our own: ${JSON.stringify(message)}`)
    return !isOwn
  }
  const value = (key: string, given: unknown) =>
    key === 'Items' && Array.isArray(given) ? (given as HistoryLine[]).filter(isOthers) : given
  return { body: JSON.stringify(JSON.parse(body, value)), lines }
}

const isAboutNodes = ({ area, name }: RestCase): boolean =>
  !/^nodes\/(?:submit|job)-/.test(name) &&
  (['nodes', 'agent', 'shared', 'auth', 'requester'].includes(area) || /^clients\/nodes?-/.test(name))

/** Orders in which both nodes are equal: the recorded system lists them as its memory happens to lie. */
const isTie = ({ name }: RestCase): boolean =>
  /^nodes\/q-order_by=(?:type|approval|status|available_gpu|available_disk)$/.test(name)

function byNodeId(text: string): string {
  const list = JSON.parse(text) as { Nodes: { Info: { NodeID: string } }[] }
  return JSON.stringify({ ...list, Nodes: list.Nodes.toSorted((a, b) => a.Info.NodeID.localeCompare(b.Info.NodeID)) })
}

const hasSeveralExecutions = (body: string): boolean => new Set(body.match(/\be-[0-9a-f-]{36}\b/g)).size > 1

/**
 * Without what is chance in the recorded system: which of two fitting nodes got a job and in which order both are spoken
 * of, and how the lives of several executions are interleaved.
 */
const ordered =
  (isMixed: boolean) =>
  (body: string): string => {
    const value = (key: string, value: unknown) =>
      key === 'NodeID' ? 'a-node' : key === 'SeqNum' && isMixed ? 0 : orderedValue(key, value)
    try {
      return JSON.stringify(JSON.parse(body, value))
    } catch {
      return body
    }
  }

type Line = { ExecutionID?: string; ComputeState?: unknown; CreateTime?: number }

function orderedValue(key: string, value: unknown): unknown {
  if (key !== 'Items' || !Array.isArray(value)) return anyNodeText(value)
  const items = value as Line[]
  if (items.some((item) => item.ComputeState !== undefined))
    return items.toSorted((a, b) => shape(a).localeCompare(shape(b)))
  const lives = Map.groupBy(items, (item) => item.ExecutionID ?? '')
  const job = lives.get('') ?? []
  const others = [...lives].filter(([id]) => id !== '').map(([, lines]) => lines)
  return [...job, ...others.toSorted((a, b) => shape(a).localeCompare(shape(b))).flat()]
}

/** A text that is the same for things that differ in ids, times and revisions only. */
const shape = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '')
    .replace(/\d{4}-\d\d-\d\dT[^"]*/g, '')
    .replace(/\d{16,}/g, '')

/** Docker's and the kernel's own words after ours. */
const enginesOwnSentence =
  /^(Could not inspect image ".*?" - .*? authorization: |execution error: (?:failed to start container: )+Error response from daemon: )[^\n]*/s

/** What the fixture `network-full` prints: the count is of the machine, where other containers come and go. */
const countOfInterfaces = /^\d+\nnet\n$/

function anyNodeText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const named = value
    .replace(/\bNode (?:edge-1|n-[0-9a-f]{8})\b/g, 'Node a-node')
    .replace(/^Requested execution on (?:edge-1|n-[0-9a-f]{8})$/, 'Requested execution on a-node')
    .replace(/\blabels map\[[^\]]*\]/g, 'labels map[]')
    .replace(/\{CPU: [^}]*\}/g, '{}')
    .replace(enginesOwnSentence, '$1')
    .replace(countOfInterfaces, 'some\nnet\n')
  const lines = named.split('\n')
  const bullets = lines.filter((line) => line.startsWith('• ')).sort()
  return lines.map((line) => (line.startsWith('• ') ? bullets.shift() : line)).join('\n')
}

/** Listings depend on how many jobs there are: only their form is compared here, the rules of paging elsewhere. */
const optionsFor = ({ area, name, response }: RestCase): object => {
  if (name === 'agent/config') return { machineKeys: [...machineKeys, 'Port', 'DataDir', 'WorkerCount'] }
  return area === 'list' && response.status === 200
    ? {
        lengths: false,
        identity: false,
        machineKeys: ['Items', 'NextToken'],
        ignore: ['Items[].Tasks[].Engine.Params'],
      }
    : {}
}

/** Frames by stream: how far stdout and stderr were ahead of each other, and how long a stream was watched, is chance. */
function frameDifferences(
  golden: readonly Frame[],
  ours: readonly Frame[],
  isWatched: boolean,
  compare: Compare,
): string[] {
  const found: string[] = []
  const [wanted, given] = [streamsOf(golden, isWatched), streamsOf(ours, isWatched)]
  for (const name of ['error', 'stdout', 'stderr', 'close'] as const) {
    const [before, after] = [compare.mask(wanted[name].join('')), compare.mask(given[name].join(''))]
    if (before !== after)
      found.push(`${name}: ${JSON.stringify(before.slice(0, 120))} became ${JSON.stringify(after.slice(0, 120))}`)
  }
  return found
}

type Streams = { error: string[]; stdout: string[]; stderr: string[]; close: string[] }

function streamsOf(frames: readonly Frame[], isWatched: boolean): Streams {
  const streams: Streams = { error: [], stdout: [], stderr: [], close: [] }
  for (const { opcode, text, code, reason } of frames) {
    if (opcode === 8) streams.close.push(`${code} ${reason}`)
    else {
      const { value, error } = JSON.parse(text ?? '{}') as { value: { Type: number; Line: string }; error?: string }
      if (error) streams.error.push(error)
      else streams[value.Type === 2 ? 'stderr' : 'stdout'].push(value.Line)
    }
  }
  if (isWatched) streams.stdout = [...new Set(streams.stdout)]
  return streams
}
