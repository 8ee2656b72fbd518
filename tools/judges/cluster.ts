import { dockerEngine } from '../../test/kit/docker-engine.ts'
import type { TestEngine } from '../../test/kit/engine-process.ts'
import { allowedFixtures, Product, type Server } from '../../test/kit/product.ts'

/** A cluster of the built product, as the clients see it. */
export type Cluster = {
  /** What the server says it was built from. */
  commit: string
  port: number
  /** For the files of the clients; the nodes may read `inputs` in it. */
  folder: string
  /** As DOCKER_HOST names it; undefined = there is no Docker. */
  dockerHost: string | undefined
  /** One more server, with these settings as a configuration file has them. */
  serveWith(name: string, settings: object): Promise<Server>
  /** One more compute node, for an orchestrator elsewhere. */
  join(name: string, orchestrator: string, settings: Readonly<Record<string, string>>): Promise<Server>
  /** One more orchestrator, without nodes. */
  orchestrate(name: string): Promise<Server>
  stop(): Promise<void>
}

export const nodeNames = ['both', 'edge'] as const

/** An orchestrator that computes too, and a compute node beside it, with Docker where it can be started. */
export async function startCluster(): Promise<Cluster> {
  const product = await Product.start()
  let engine: TestEngine | undefined
  const stop = async () => {
    await product.stop()
    await engine?.stop()
  }
  try {
    engine = await dockerEngine()
    return {
      ...(await startNodes(product, engine)),
      folder: product.folder,
      dockerHost: engine?.host,
      serveWith: async (name, settings) => {
        const file = await product.file(`${name}.yaml`, JSON.stringify(settings))
        return product.serve({ name, args: ['--config', file] })
      },
      join: (name, orchestrator, settings) =>
        product.serve({
          name,
          roles: ['compute'],
          env: dockerEnv(engine),
          settings: { Name: name, 'Compute.Orchestrators': orchestrator, ...settings },
        }),
      orchestrate: (name) => product.serve({ name, roles: ['orchestrator'], settings: { Name: name } }),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startNodes(product: Product, engine: TestEngine | undefined) {
  const env = dockerEnv(engine)
  const settings = (name: string, zone: string) => ({
    Name: name,
    Labels: `zone=${zone}`,
    'Compute.AllowListedLocalPaths': `${allowedFixtures},${product.folder}/inputs/**`,
  })
  const both = await product.serve({ name: 'both', env, settings: settings('both', 'a') })
  const orchestrators = `nats://127.0.0.1:${both.linkPort}`
  const edge = { ...settings('edge', 'b'), 'Compute.Orchestrators': orchestrators }
  await product.serve({ name: 'edge', roles: ['compute'], env, settings: edge })
  const { body } = await both.http<{ GitCommit: string }>('GET', '/agent/version')
  return { port: both.port, commit: body.GitCommit.slice(0, 12) }
}

const dockerEnv = (engine: TestEngine | undefined): Record<string, string> =>
  engine ? { DOCKER_HOST: engine.host } : {}
