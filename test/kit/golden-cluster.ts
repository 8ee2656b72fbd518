import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Roles } from '#config/data-folder.ts'
import { stopAll } from '#lib/lifecycle.ts'
import type { RunningNode } from '#node/run-node.ts'
import { plainHttp } from './plain-http.ts'
import { startRole } from './role-node.ts'
import { until } from './until.ts'
import type { Version } from './vectors.ts'

export type GoldenCluster = {
  /** Where the orchestrator's API answers. */
  port: number
  /** API of the compute node `edge-1`. */
  edgePort: number
  /** Working root of the recordings: `data/in`, `data/ro`. */
  directory: string
  /** Port of the file server with words.txt and nolength.txt. */
  filePort: number
  nodeId: string
  stop(): Promise<void>
}

export type GoldenOptions = {
  /** DOCKER_HOST for the nodes; absent = no containers. */
  dockerHost?: string
  /** Whose defaults the cluster was recorded with; v1.4.0 unless told otherwise. */
  version?: Version
  /** Gets what the nodes log as an error; by default it is printed. */
  onError?: (line: string) => void
  /** More settings of the orchestrator, as `-c` takes them. */
  pairs?: { key: string; value: string }[]
}

const words = 'alpha\nbeta\n'

/** Defaults of the recorded versions that ours has not. The recordings submit each name once, or as jobs of their own. */
const recordedDefaults: Record<Version, Record<string, string>> = {
  'v1.4.0': {
    'JobDefaults.Batch.Task.Timeouts.TotalTimeout': '30m',
    'JobDefaults.Ops.Task.Timeouts.TotalTimeout': '30m',
  },
  'v1.9.3': {
    'JobAdmissionControl.RejectNetworkedJobs': 'false',
    'Orchestrator.JobNaming': 'independent',
  },
}

/** The cluster of the recordings: a hybrid node in zone a and a compute node `edge-1` in zone b, with a file server. */
export const startGoldenCluster = async (options: GoldenOptions = {}): Promise<GoldenCluster> => {
  const directory = await mkdtemp(join(tmpdir(), 'bacalhau-golden-'))
  await mkdir(join(directory, 'data/in'), { recursive: true })
  await mkdir(join(directory, 'data/ro'), { recursive: true })
  await writeFile(join(directory, 'data/in/words.txt'), words)
  const files = await startFileServer()
  const stops: { start(): Promise<void>; stop(): Promise<void> }[] = [
    { start: async () => {}, stop: () => rm(directory, { recursive: true, force: true }) },
    { start: async () => {}, stop: files.stop },
  ]
  const defaults = recordedDefaults[options.version ?? 'v1.4.0']
  const hybrid = await startNode(directory, 'hybrid', { isOrchestrator: true, isCompute: true }, options, {
    Labels: 'zone=a,disk=ssd',
    'Compute.AllocatedCapacity.CPU': '4',
    'Compute.AllocatedCapacity.Memory': '4Gb',
    'Compute.AllowListedLocalPaths': `${directory}/data/in:rw,${directory}/data/ro`,
    ...defaults,
    ...Object.fromEntries((options.pairs ?? []).map(({ key, value }) => [key, value])),
  })
  stops.push({ start: async () => {}, stop: () => hybrid.stop() })
  const edge = await startNode(directory, 'edge', { isOrchestrator: false, isCompute: true }, options, {
    Name: 'edge-1',
    Labels: 'zone=b,disk=hdd',
    'Compute.AllocatedCapacity.CPU': '2',
    'Compute.AllocatedCapacity.Memory': '2Gb',
    ...defaults,
    'Compute.Orchestrators': `nats://127.0.0.1:${hybrid.linkPort}`,
  })
  stops.push({ start: async () => {}, stop: () => edge.stop() })
  const { get } = plainHttp(() => hybrid.address.port)
  const connected = async (): Promise<unknown[]> =>
    (await get('/orchestrator/nodes?filter_status=connected')).json.Nodes
  await until('both nodes have joined', async () => (await connected()).length === 2)
  return {
    port: hybrid.address.port,
    edgePort: edge.address.port,
    directory,
    filePort: files.port,
    nodeId: hybrid.nodeId,
    stop: () => stopAll(stops),
  }
}

const startNode = (
  directory: string,
  name: string,
  roles: Roles,
  options: GoldenOptions,
  pairs: Record<string, string>,
): Promise<RunningNode> =>
  startRole({
    folder: join(directory, 'nodes', name),
    roles,
    pairs,
    // Nodes that are turned away and taken back learn it with their next sign of life.
    untoldPairs: { 'Compute.Heartbeat.Interval': '500ms' },
    ...(options.dockerHost ? { environment: { DOCKER_HOST: options.dockerHost } } : {}),
    ...(options.onError ? { onLine: options.onError } : {}),
  })

const startFileServer = async (): Promise<{ port: number; stop(): Promise<void> }> => {
  const server = createServer((request, response) => {
    if (request.url === '/words.txt')
      response.writeHead(200, { 'Content-Length': words.length }).end(request.method === 'HEAD' ? '' : words)
    else if (request.url === '/nolength.txt') {
      response.writeHead(200, { 'Transfer-Encoding': 'chunked' })
      response.end(request.method === 'HEAD' ? '' : words)
    } else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
