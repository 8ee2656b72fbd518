import { shortId } from '#lib/short-id.ts'
import { isOurs } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { typeKey } from '#models/spec-config.ts'
import { uploadType } from '#models/upload.ts'
import type { NodeView, Snapshot } from '../snapshot.ts'
import type { LeftOut } from './exclusions.ts'
import type { RuleName } from './filter.ts'
import { sizeCure, sizeText } from './size.ts'
import { unmetBy, unmetCure, unmetText } from './unmet.ts'

/** What a rule says to people: why it leaves a node out, and what would let the nodes in that it left out for one reason. */
type Account = { reason(left: LeftOut): string; cure(first: LeftOut, nodes: readonly NodeView[]): string }

/** The accounts of all rules, for one job. What is alike has one reason, so it names no node. */
export const accountsOf = ({ job, executions }: Snapshot, need: Resources): Record<RuleName, Account> => {
  const unmet = unmetBy(job)
  const saidBy = ({ id }: NodeView): string | undefined =>
    executions.findLast((e) => e.NodeID === id && e.ComputeState.StateType === 'AskForBidRejected')?.ComputeState
      .Message
  return {
    approval: { reason: () => 'not approved', cure: (_, nodes) => approve(nodes) },
    rejected: { reason: () => 'rejected', cure: (_, nodes) => approve(nodes) },
    cordon: { reason: () => 'cordoned', cure: (_, nodes) => uncordon(nodes) },
    connection: { reason: () => 'disconnected', cure: () => 'start it again, or see why it cannot connect' },
    engine: {
      reason: (left) => `engine ${left.missing} is missing${because(brokenEngine(left))}`,
      cure: (left) =>
        brokenEngine(left) === undefined
          ? `enable engine ${left.missing} there, or start a node that has it`
          : `repair engine ${left.missing} there, or start a node that has it`,
    },
    publisher: missing('publisher'),
    storage: missing('input source'),
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
      reason: ({ node }) => `declined the job${because(saidBy(node))}`,
      cure: () => 'change the job and submit it again, or change what the node takes and start it anew',
    },
    'max-per-node': {
      reason: () => `has its ${job.MaxPerNode ?? 0} executions of this job`,
      cure: () => 'raise MaxPerNode, or start another node',
    },
  }
}

/** What no Go node has, nor can be told to have. */
const onlyOurs = { publisher: 'link', 'input source': uploadType }

const missing = (kind: keyof typeof onlyOurs): Account => {
  const isForeign = ({ node, missing: type = '' }: LeftOut) =>
    typeKey(type) === onlyOurs[kind] && !isOurs(node.state.Info)
  return {
    reason: (left) => `${kind} ${left.missing} is ${isForeign(left) ? 'not known to its release' : 'missing'}`,
    cure: (left) =>
      isForeign(left)
        ? `start a node of this release, or choose another ${kind}`
        : `enable ${kind} ${left.missing} there, or choose another`,
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

/** Why an engine does not work that the node should have. */
const brokenEngine = ({ node, missing: engine = '' }: LeftOut): string | undefined => {
  const faults = node.state.Info.ComputeNodeInfo?.UnavailableEngines ?? {}
  const key = typeKey(engine)
  return Object.hasOwn(faults, key) ? faults[key] : undefined
}
