import { allowedFixtures, type Product, type Server } from './product.ts'
import { type Relay, relay } from './relay.ts'

/** A node, its orchestrator, and the line between them. */
export type FarNode = { orchestrator: Server; node: Server; line: Relay }

/** Starts them with a line this slow; the node also lends its jobs what lies in the folder `data` of the product. */
export async function farNode(product: Product, bytesPerSecond: number): Promise<FarNode> {
  const orchestrator = await product.serve({
    roles: ['orchestrator'],
    settings: { 'Orchestrator.NodeManager.DisconnectTimeout': '60s', DefaultPublisher: 'link' },
  })
  const line = await relay(orchestrator.linkPort, { bytesPerSecond })
  const node = await product.serve({
    roles: ['compute'],
    name: 'far',
    settings: {
      'Compute.Orchestrators': `nats://127.0.0.1:${line.port}`,
      'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/data/**`,
    },
  })
  return { orchestrator, node, line }
}
