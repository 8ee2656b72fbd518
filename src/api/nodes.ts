import type { NodeState } from '#models/node.ts'
import { decodeNodeState } from './decode/node.ts'
import { encodeNodeState } from './encode/node.ts'
import { type Answer, endpoint, jsonBody, plainAnswer } from './endpoint.ts'
import { param } from './query.ts'

type NodeList = { NextToken: string; Nodes: NodeState[] }
/** `Deadline`: of a drain, in seconds; 0 = none. */
export type NodeAction = { Action: string; Message: string; NodeID: string; Deadline?: number }
export type NodeActionAnswer = { Success: boolean; Error: string }

const common = { role: 'orchestrator', body: null, errors: ['NotFound', 'MultipleFound'] } as const

const listAnswer: Answer<NodeList> = {
  name: 'NodeList',
  encode: ({ NextToken, Nodes }) => `{"NextToken":"${NextToken}","Nodes":[${Nodes.map(encodeNodeState).join(',')}]}`,
  decode: (wire) => ({ NextToken: wire.NextToken ?? '', Nodes: (wire.Nodes ?? []).map(decodeNodeState) }),
}
const getAnswer: Answer<{ Node: NodeState }> = {
  name: 'NodeAnswer',
  encode: ({ Node }) => `{"Node":${encodeNodeState(Node)}}`,
  decode: ({ Node }) => ({ Node: decodeNodeState(Node) }),
}

/** The nodes of the cluster. */
export const nodeEndpoints = {
  /** Nodes with their labels and capacity: CPU in cores, memory and disk in bytes. */
  list: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/nodes',
    summary: 'Lists the nodes of the cluster',
    query: {
      limit: param('uint32', 'Most nodes on a page; 0 = 1000'),
      next_token: param('text', 'NextToken of the page before'),
      order_by: param(
        'text',
        'id, type, available_cpu, available_memory, available_disk, available_gpu, approval, status',
      ),
      reverse: param('bool', 'Last node first'),
      labels: param('texts', 'Label selector; several are joined by AND'),
      'filter-approval': param('text', 'approved, pending or rejected'),
      'filter-status': param('text', 'connected or disconnected; healthy, unhealthy and unknown mean the same'),
      filter_approval: param('text', 'The same, as some SDKs spell it'),
      filter_status: param('text', 'The same, as some SDKs spell it'),
    },
    errors: [],
    answer: listAnswer,
  }),
  /** A node by its id or a beginning of it; times are Unix nanoseconds, 0 = never. Faults: NotFound, MultipleFound. */
  get: endpoint({
    ...common,
    method: 'GET',
    path: '/orchestrator/nodes/:id',
    summary: 'Shows a node; a prefix of its id is enough',
    query: {},
    answer: getAnswer,
  }),
  /**
   * Approves, rejects, deletes, cordons, uncordons or drains a node. A refusal is an answer with `Success` false and the reason in `Error`.
   * Faults: NotFound, MultipleFound.
   */
  act: endpoint({
    ...common,
    method: 'PUT',
    path: '/orchestrator/nodes/:id',
    summary: 'Approves, rejects, deletes, cordons, uncordons or drains a node; refusals are answers too',
    query: {},
    body: jsonBody<NodeAction>('NodeAction'),
    answer: plainAnswer<NodeActionAnswer>('NodeActionAnswer'),
  }),
} as const
