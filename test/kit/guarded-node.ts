import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataFolder } from '#config/data-folder.ts'
import { load } from '#config/load.ts'
import { printable } from '#config/printable.ts'
import { nodeLog } from '#node/node-log.ts'
import { runNode } from '#node/run-node.ts'
import { listenCommand } from './listen-command.ts'
import { plainHttp } from './plain-http.ts'
import { wasmCommand } from './wasm-command.ts'

/** Sections of a configuration file that differ from a node that listens on any port of this machine. */
export type Sections = { readonly API?: object; readonly [section: string]: object | undefined }

/** An orchestrator in this process with settings as a file has them; its folder goes with it. */
export async function guardedNode(values: Sections) {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-guarded-'))
  const said: string[] = []
  const settings = load({
    side: 'node',
    home: folder,
    files: [{ path: 'config.yaml', values: { ...values, API: { Host: '127.0.0.1', Port: 0, ...values.API } } }],
    pairs: [{ key: 'Orchestrator.Port', value: '0' }],
  }).settings
  const remove = () => rm(folder, { recursive: true, force: true })
  const start = () =>
    runNode({
      settings,
      roles,
      folder: dataFolder(folder, roles),
      environment: {},
      wasmCommand,
      listenCommand,
      log: nodeLog('debug', 'json', (line) => void said.push(line)),
      printableConfig: () => printable(settings),
      apiHost: '127.0.0.1',
      linkHost: '127.0.0.1',
    })
  let node = await start().catch(async (error: unknown) => {
    await remove()
    throw error
  })
  return {
    get port() {
      return node.address.port
    },
    folder,
    nodeId: node.nodeId,
    http: plainHttp(() => node.address.port),
    /** Lines of the node's log. */
    said,
    async restart() {
      await node.stop()
      node = await start()
    },
    stop: () => node.stop().then(remove),
  }
}

const roles = { isOrchestrator: true, isCompute: false }

export type GuardedNode = Awaited<ReturnType<typeof guardedNode>>

/** One that is stopped when the work with it is done. */
export async function withNode(values: Sections, act: (node: GuardedNode) => Promise<void>): Promise<void> {
  const node = await guardedNode(values)
  try {
    await act(node)
  } finally {
    await node.stop()
  }
}

export const basic = (username: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
})
export const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
