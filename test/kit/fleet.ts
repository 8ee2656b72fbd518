import { readFileSync } from 'node:fs'
import { modulePath, type Product, type ServeOptions, type Server } from './product.ts'
import { until } from './until.ts'

export const frequent = { 'Compute.Heartbeat.Interval': '300ms' }
/** Loss is noticed soon, since a test waits for it, but nobody is lost who only had to wait for a processor. */
export const attentive = { ...frequent, 'Orchestrator.NodeManager.DisconnectTimeout': '4s' }

/** A compute node in a process of its own, which reaches its orchestrator at this port. */
export const computeAt = (product: Product, linkPort: number, name: string, more: ServeOptions = {}): Promise<Server> =>
  product.serve({
    ...more,
    roles: ['compute'],
    name: more.name ?? name,
    args: ['--name', name, ...(more.args ?? [])],
    settings: { 'Compute.Orchestrators': `nats://127.0.0.1:${linkPort}`, ...attentive, ...more.settings },
  })

const inlined = (name: string) => ({
  Source: {
    Type: 'inline',
    Params: { URL: `data:application/wasm;base64,${readFileSync(modulePath(name)).toString('base64')}` },
  },
  Target: `/${name}`,
})

/** Writes the id of its execution into a file of this folder when it starts, and sleeps. */
export const witnessJob = (folder: string, sleepMs: number, change: object = {}, task: object = {}) => ({
  Type: 'batch',
  Count: 1,
  ...change,
  Tasks: [
    {
      Name: 'main',
      Engine: {
        Type: 'wasm',
        Params: { EntryModule: inlined('witness.wasm'), Entrypoint: '_start', Parameters: [String(sleepMs)] },
      },
      Resources: { CPU: '100m', Memory: '16MB' },
      InputSources: [
        {
          Source: { Type: 'localDirectory', Params: { SourcePath: folder, ReadWrite: true } },
          Target: '/witness',
        },
      ],
      ...task,
    },
  ],
})

export type Attempt = {
  ID: string
  NodeID: string
  PartitionIndex?: number
  ComputeState: { StateType: number; Message?: string }
  DesiredState: { StateType: number }
  StartTime?: number
}

export const attemptsOf = async (server: Server, id: string): Promise<Attempt[]> =>
  (await server.http<{ Items: Attempt[] }>('GET', `/orchestrator/jobs/${id}/executions`)).body.Items

type ShownNode = {
  Info: { NodeID: string; NodeType: string }
  Membership: string
  Connection: string
}
const nodesOf = async (server: Server): Promise<Record<string, string>> => {
  const { body } = await server.http<{ Nodes: ShownNode[] }>('GET', '/orchestrator/nodes')
  return Object.fromEntries(
    body.Nodes.map(({ Info, Membership, Connection }) => [Info.NodeID, `${Membership} ${Connection}`]),
  )
}

export const untilNode = (server: Server, name: string, state: string): Promise<void> =>
  until(`${name} is ${state}`, async () => (await nodesOf(server))[name] === state)
