import { shortId } from '#lib/short-id.ts'
import { isOurs } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { typeKey } from '#models/spec-config.ts'
import { uploadType } from '#models/upload.ts'
import { timeText } from '../events.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import { declinesOf, earliest } from './declines.ts'
import type { LeftOut } from './exclusions.ts'
import { faultAt, type RuleName } from './filter.ts'
import { portsTakenText } from './place.ts'
import { sizeCure, sizeText } from './size.ts'
import { unmetBy, unmetCure, unmetText } from './unmet.ts'

/** What a rule says to people: why it leaves a node out, and what would let the nodes in that it left out for one reason. */
type Account = { reason(left: LeftOut): string; cure(first: LeftOut, nodes: readonly NodeView[]): string }

/** The accounts of all rules, for one job. What is alike has one reason, so it names no node. */
export const accountsOf = (snapshot: Snapshot, need: Resources): Record<RuleName, Account> => {
  const { job } = snapshot
  const unmet = unmetBy(job)
  const declines = declinesOf(snapshot)
  return {
    approval: { reason: () => 'not approved', cure: (_, nodes) => approve(nodes) },
    rejected: { reason: () => 'rejected', cure: (_, nodes) => approve(nodes) },
    cordon: { reason: () => 'cordoned', cure: (_, nodes) => uncordon(nodes) },
    connection: { reason: () => 'disconnected', cure: () => 'start it again, or see why it cannot connect' },
    line: { reason: () => 'its line is closed', cure: () => 'wait until it is back, or start another node' },
    engine: missing('engine'),
    publisher: missing('publisher'),
    storage: missing('storage'),
    patterns: {
      reason: () => 'patterns in result paths are not known to its release',
      cure: () => 'name the folder without a pattern in ResultPaths, or start a node of this release',
    },
    labels: {
      reason: ({ node }) => `labels do not meet ${unmetText(unmet(node))}`,
      cure: ({ node }) => unmetCure(unmet(node)),
    },
    size: { reason: ({ node }) => sizeText(job, need, node), cure: (_, nodes) => sizeCure(job, need, nodes) },
    room: { reason: () => 'full for now', cure: (_, nodes) => waitFor(nodes.length) },
    reserved: {
      reason: ({ node }) => `what is free is reserved for job ${shortId(node.reservation?.jobId ?? '')}`,
      cure: ({ node }) =>
        `wait until that has its turn: bacalhau job why ${shortId(node.reservation?.jobId ?? '')}; or start another node`,
    },
    declined: {
      reason: ({ node }) => `declined the job${because(declines.get(node.id)?.message)}`,
      cure: (_, nodes) => declinedCure(nodes.flatMap(({ id }) => declines.get(id)?.until ?? [])),
    },
    'max-per-node': {
      reason: () => portsTakenText(job) ?? `has its ${job.MaxPerNode ?? 0} executions of this job`,
      cure: () =>
        `${portsTakenText(job) ? 'leave out Static for any free port' : 'raise MaxPerNode'}, or start another node`,
    },
  }
}

/** As people call them; and what no Go node has, nor can be told to have. */
const kinds = {
  engine: { word: 'engine', onlyOurs: '' },
  publisher: { word: 'publisher', onlyOurs: 'link' },
  storage: { word: 'input source', onlyOurs: uploadType },
}

const missing = (kind: keyof typeof kinds): Account => {
  const { word, onlyOurs } = kinds[kind]
  const isForeign = ({ node, missing: type = '' }: LeftOut) => typeKey(type) === onlyOurs && !isOurs(node.state.Info)
  const faultOf = ({ node, missing: type = '' }: LeftOut) => faultAt(node, kind, type)
  return {
    reason: (left) =>
      isForeign(left)
        ? `${word} ${left.missing} is not known to its release`
        : `${word} ${left.missing} is missing${because(faultOf(left))}`,
    cure: (left) => {
      if (isForeign(left)) return `start a node of this release, or choose another ${word}`
      const otherwise = kind === 'engine' ? 'start a node that has it' : 'choose another'
      const repair = kind === 'engine' ? 'repair' : 'set up'
      return `${faultOf(left) === undefined ? 'enable' : repair} ${word} ${left.missing} there, or ${otherwise}`
    },
  }
}

const because = (why: string | undefined): string => (why ? `: ${why.split('\n')[0]}` : '')

const approve = (nodes: readonly NodeView[]): string => onEach('approve', nodes)
const uncordon = (nodes: readonly NodeView[]): string => onEach('uncordon', nodes)

/** What the operator does with each of them. */
const onEach = (verb: string, [first, ...more]: readonly NodeView[]): string =>
  `${verb} ${more.length === 0 ? 'it' : 'each, as the first'}: bacalhau node ${verb} ${first?.id}`

const waitFor = (count: number): string =>
  `wait: ${count === 1 ? '1 node is' : `${count} nodes are`} full; or start another node`

/** `times`: when they are asked again. */
const declinedCure = (times: readonly bigint[]): string => {
  const cure = 'change the job and submit it again, or change what the node takes and start it anew'
  const first = earliest(times)
  return first === undefined ? cure : `wait, it is asked again at ${timeText(first)}; or ${cure}`
}
