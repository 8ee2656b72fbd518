import type { nodeEndpoints } from '#api/nodes.ts'
import type { QueryOf } from '#api/query.ts'
import type { NodesApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import { compileSelector } from '#lib/selector/match.ts'
import type { NodeActionWord, NodeState } from '#models/node.ts'
import type { Resources } from '#models/resources.ts'
import { int, struct, text } from '#models/shape.schema.ts'
import type { Handlers } from '../handler.ts'
import { readBody } from '../read-body.ts'
import { pageOf, type SortKey } from './paging.ts'

const actionShape = struct('apimodels', 'PutNodeRequest', { Action: text, Message: text, NodeID: text, Deadline: int })

/** The nodes of the cluster over HTTP. */
export const nodeHandlers = (nodes: NodesApi): Handlers<typeof nodeEndpoints> => ({
  async list({ query }) {
    const wanted = (await nodes.list()).filter(nodeFilter(query))
    const { items, nextToken } = pageOf(wanted, query, orders)
    return { NextToken: nextToken, Nodes: items }
  },

  get: async ({ params }) => ({ Node: await nodes.get(params.id) }),

  // Clients of 1.4 read refusals from a 200, and those of 1.9 do too.
  async act({ params, body }) {
    const { Action = '', Message = '', Deadline = 0 } = readBody(body, actionShape) ?? {}
    try {
      await act(nodes, params.id, { action: Action, message: Message, deadline: Deadline })
      return { Success: true, Error: '' }
    } catch (error) {
      if (!(error instanceof Fault) || error.status >= 500) throw error
      return { Success: false, Error: error.message }
    }
  },
})

const methods: Record<NodeActionWord, Exclude<keyof NodesApi, 'list' | 'get'>> = {
  approve: 'approve',
  reject: 'reject',
  delete: 'remove',
  cordon: 'cordon',
  uncordon: 'uncordon',
  drain: 'drain',
}
const isAction = (text: string): text is NodeActionWord => Object.hasOwn(methods, text)

const longestMessage = 1_000

type Order = { action: string; message: string; deadline: number }

async function act(nodes: NodesApi, idPrefix: string, { action, message, deadline }: Order): Promise<void> {
  if (!isAction(action))
    throw new Fault('BadRequest', 'unsupported action', { hint: `One of ${Object.keys(methods).join(', ')}.` })
  if (deadline !== 0 && (action !== 'drain' || deadline < 0))
    throw new Fault('BadRequest', 'the deadline is a number of seconds, of a drain only')
  if (message.length > longestMessage)
    throw new Fault('BadRequest', `the message is longer than ${longestMessage} characters`)
  const { Info } = await nodes.get(idPrefix)
  if (action === 'drain') return nodes.drain(Info.NodeID, message, deadline)
  await nodes[methods[action]](Info.NodeID, message)
}

const by = (value: SortKey<NodeState>['value']): SortKey<NodeState> => ({ value, id: ({ Info }) => Info.NodeID })
/** From most to least. */
const available = (dimension: keyof Omit<Resources, 'GPUs'>): SortKey<NodeState> => ({
  ...by(({ Info }) => BigInt(Math.round((Info.ComputeNodeInfo?.AvailableCapacity[dimension] ?? 0) * 1_000))),
  isDescending: true,
})
const id = by(({ Info }) => Info.NodeID)
const membership = by(({ Membership }) => Membership)
const orders: Record<string, SortKey<NodeState>> = {
  '': id,
  id,
  type: by(({ Info }) => (Info.NodeType === 'Requester' ? 0n : 1n)),
  available_cpu: available('CPU'),
  available_memory: available('Memory'),
  available_disk: available('Disk'),
  available_gpu: available('GPU'),
  approval: membership,
  status: membership,
}

/** The words that the documentation of the interface has for a status; they mean the connection. */
const connectionWords: Record<string, string> = {
  HEALTHY: 'CONNECTED',
  UNHEALTHY: 'DISCONNECTED',
  UNKNOWN: 'DISCONNECTED',
}

function nodeFilter(query: QueryOf<(typeof nodeEndpoints)['list']['query']>): (node: NodeState) => boolean {
  const selector = (query.labels ?? []).join(',')
  const matchesLabels = selector === '' ? () => true : compileSelector(selector)
  const approval = (query['filter-approval'] ?? query.filter_approval ?? '').toUpperCase()
  const asked = (query['filter-status'] ?? query.filter_status ?? '').toUpperCase()
  const status = connectionWords[asked] ?? asked
  return ({ Info, Membership, ConnectionState }) =>
    (approval === '' || Membership === approval) &&
    (status === '' || ConnectionState.Status === status) &&
    matchesLabels(Info.Labels)
}
