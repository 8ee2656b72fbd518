import type { BuildVersionInfo, OwnNode } from '#models/node.ts'
import { decodeOwnNode } from './decode/node.ts'
import { encodeBuildVersion, encodeOwnNode } from './encode/node.ts'
import { type Answer, endpoint, jsonBody, plainAnswer, textAnswer } from './endpoint.ts'

const buildVersionAnswer: Answer<BuildVersionInfo> = {
  name: 'BuildVersion',
  encode: encodeBuildVersion,
  decode: (wire) => wire as BuildVersionInfo,
}
const ownNodeAnswer: Answer<OwnNode> = { name: 'OwnNode', encode: encodeOwnNode, decode: decodeOwnNode }
const common = { role: 'any', query: {}, body: null, errors: [] } as const

/** What every node answers about itself. */
export const agentEndpoints = {
  /** Answers OK while the node is up. */
  alive: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/alive',
    summary: 'Tells that the node is up',
    answer: plainAnswer<{ Status: string }>('Alive'),
  }),
  /** The program of the node. */
  version: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/version',
    summary: 'Version, commit, build date and platform of the node',
    answer: buildVersionAnswer,
  }),
  /** The node itself, with its capacity: CPU in cores, memory and disk in bytes. */
  node: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/node',
    summary: 'Identity, labels, capacity and version of the node',
    answer: ownNodeAnswer,
  }),
  /** Anything worth a look, by component; not made for programs. */
  debug: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/debug',
    summary: 'The insides of the components of the node',
    answer: plainAnswer<Record<string, unknown>>('Insides'),
  }),
  /** The settings in force, secrets masked; durations are text such as 30s. */
  config: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/config',
    summary: 'Settings of the node, secrets masked',
    answer: plainAnswer<{ config: Record<string, unknown> }>('Config'),
  }),
  /** What a program must know to log in through an identity provider; empty when there is none. */
  authconfig: endpoint({
    ...common,
    method: 'GET',
    path: '/agent/authconfig',
    summary: 'How to log in through an identity provider',
    answer: plainAnswer<{ Version: string; Config: Record<string, unknown> }>('AuthConfig'),
  }),
  /** This API as an OpenAPI 3.1 document. */
  openapi: endpoint({
    ...common,
    method: 'GET',
    path: '/openapi.json',
    summary: 'This API as an OpenAPI 3.1 document',
    answer: plainAnswer<object>('Document'),
  }),
} as const

export type DiskUse = { All: number; Used: number; Free: number }

/** The routes of older clients. */
export const legacyEndpoints = {
  id: endpoint({
    ...common,
    method: 'GET',
    path: '/id',
    summary: 'The node id as text',
    contentType: 'text/plain',
    answer: textAnswer,
  }),
  livez: endpoint({
    ...common,
    method: 'GET',
    path: '/livez',
    summary: 'The text OK',
    contentType: 'text/plain',
    answer: textAnswer,
  }),
  healthz: endpoint({
    ...common,
    method: 'GET',
    path: '/healthz',
    summary: 'Free space of the temporary and the root file system, in bytes',
    answer: plainAnswer<{ FreeSpace: { tmp: DiskUse; root: DiskUse } }>('Health'),
  }),
  nodeInfo: endpoint({
    ...common,
    method: 'GET',
    path: '/node_info',
    summary: 'The node, as agent/node',
    answer: ownNodeAnswer,
  }),
  clientVersion: endpoint({
    ...common,
    method: 'POST',
    path: '/version',
    summary: 'Version of the node, for clients of 1.4',
    body: { ...jsonBody<{ client_id?: string }>('ClientVersion'), isOptional: true },
    answer: {
      name: 'ClientVersion',
      encode: ({ build_version_info }) => `{"build_version_info":${encodeBuildVersion(build_version_info)}}`,
      decode: (wire) => wire as { build_version_info: BuildVersionInfo },
    } satisfies Answer<{ build_version_info: BuildVersionInfo }>,
  }),
  computeDebug: endpoint({
    ...common,
    method: 'POST',
    path: '/compute/debug',
    summary: 'Running executions of a compute node',
    role: 'compute',
    body: { ...jsonBody<Record<never, never>>('Nothing'), isOptional: true },
    answer: plainAnswer<Record<string, unknown>>('Insides'),
  }),
} as const
