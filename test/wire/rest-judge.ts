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
  if (response.frames) return [...found, ...frameDifferences(response.frames, ours.frames ?? [], compare)]
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
  const named = value.replace(/\bNode (?:edge-1|n-[0-9a-f]{8})\b/g, 'Node a-node')
  const lines = named.split('\n')
  const bullets = lines.filter((line) => line.startsWith('• ')).sort()
  return lines.map((line) => (line.startsWith('• ') ? bullets.shift() : line)).join('\n')
}

/** Listings depend on how many jobs there are: only their form is compared here, the rules of paging elsewhere. */
const optionsFor = ({ area, response }: RestCase): object =>
  area === 'list' && response.status === 200
    ? { lengths: false, identity: false, machineKeys: ['Items', 'NextToken'] }
    : {}

function frameDifferences(golden: readonly Frame[], ours: readonly Frame[], compare: Compare): string[] {
  const found = golden.length === ours.length ? [] : [`frames: ${golden.length} became ${ours.length}`]
  golden.forEach((frame, index) => {
    const other = ours[index]
    if (other === undefined) return
    if (frame.opcode !== other.opcode) found.push(`frame ${index}: opcode ${frame.opcode} became ${other.opcode}`)
    else if (frame.opcode === 8 && (frame.code !== other.code || frame.reason !== other.reason)) {
      found.push(`frame ${index}: close ${frame.code} "${frame.reason}" became ${other.code} "${other.reason}"`)
    } else if (frame.text !== undefined) {
      for (const each of compare.sameShape(frame.text, other.text ?? '')) found.push(`frame ${index}: ${each}`)
    }
  })
  return found
}
