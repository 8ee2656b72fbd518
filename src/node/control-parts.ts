import { hash } from 'node:crypto'
import type { Bus } from '#contracts/bus.ts'
import type { Startable } from '#lib/lifecycle.ts'
import { serveGoNodes } from '#link/bprotocol/serve.ts'
import { serveOrchestrator } from '#link/bus-ends.ts'
import { greetApproved, greetNodes } from '#link/greeting.ts'
import type { NodeId } from '#models/ids.ts'
import { Orchestrator } from '#orchestrator/orchestrator.ts'
import { systemDisk } from '#platform/disk.ts'
import { systemRandom } from '#platform/random.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { UploadFiles } from '#providers/link/upload-files.ts'
import { readPart } from '#providers/read-part.ts'
import { nodeBus } from './node-bus.ts'
import type { NodeDeps, PartContext } from './node-deps.ts'
import { orchestratorKey } from './orchestrator-key.ts'
import { orchestratorSettings } from './part-settings.ts'
import { resultSigner } from './result-signer.ts'

/** The control plane and the bus through which other nodes reach it. */
export const controlParts = async (deps: NodeDeps, context: PartContext) => {
  const { nodeId, instanceId, store, clock, log } = context
  const settings = {
    ...orchestratorSettings(deps.settings, nodeId),
    instanceId: instanceId ?? hash('sha256', store.storeId),
    publicKey: await orchestratorKey(store),
  }
  const results = new ResultFiles({ directory: deps.folder.takenFolder, read: readPart })
  const uploads = new UploadFiles({ directory: deps.folder.uploadsFolder, disk: systemDisk, read: readPart, clock })
  const signer = resultSigner(deps, clock, log)
  const orchestrator = new Orchestrator({
    store,
    clock,
    random: systemRandom,
    settings,
    log,
    signer,
    results,
    uploads,
  })
  const knownInfo = (id: NodeId) =>
    orchestrator.nodes.get(id).then(
      ({ Info }) => (Info.NodeID === id ? Info : undefined),
      () => undefined,
    )
  const liveOn = (id: NodeId) => store.liveExecutions(id)
  const end = orchestrator.link
  const serve = (open: Bus) => [
    serveOrchestrator({ bus: open, end, clock, random: systemRandom, log }),
    serveGoNodes({ bus: open, clock, random: systemRandom, end, orchestratorId: nodeId, knownInfo, liveOn, log }),
    greetNodes(open, clock, () => orchestrator.nodes.list()),
    greetApproved(open, orchestrator.nodes),
  ]
  const bus = await nodeBus(deps, context, serve, (id, isOpen) => orchestrator.lineChanged(id, isOpen))
  const parts: Startable[] = [orchestrator, ...bus.parts]
  return { bus, orchestrator, parts }
}
