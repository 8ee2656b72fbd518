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
  const options = { extraKeys: 'allow', machineKeys, ...optionsFor(golden) }
  const [wanted, given] = isAboutNodes(golden)
    ? [response.body, ours.body]
    : [anyNode(response.body), anyNode(ours.body)]
  return [...found, ...compare.sameShape(wanted, given, options)]
}

const isAboutNodes = ({ area, name }: RestCase): boolean =>
  ['nodes', 'agent', 'shared', 'auth', 'requester'].includes(area) || /node/.test(name)

/** Which of two fitting nodes got a job, and in which order both are spoken of, is chance in the recorded system. */
function anyNode(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body, (key, value) => (key === 'NodeID' ? 'a-node' : anyNodeText(value))))
  } catch {
    return body
  }
}

function anyNodeText(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const named = value
    .replace(/\bNode (?:edge-1|n-[0-9a-f]{8})\b/g, 'Node a-node')
    .replace(/\blabels map\[[^\]]*\]/g, 'labels map[]')
    .replace(/\{CPU: [^}]*\}/g, '{}')
  const lines = named.split('\n')
  const bullets = lines.filter((line) => line.startsWith('• ')).sort()
  return lines.map((line) => (line.startsWith('• ') ? bullets.shift() : line)).join('\n')
}

/** Listings depend on how many jobs there are: only their form is compared here, the rules of paging elsewhere. */
const optionsFor = ({ area, response }: RestCase): object =>
  area === 'list' && response.status === 200
    ? { lengths: false, identity: false, machineKeys: ['Items', 'NextToken'] }
    : {}

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
