import { afterEach } from 'vitest'
import { NatsServer, withNatsServer } from '../../kit/nats-server.ts'
import { lostNodesSuite } from './lost-nodes.suite.ts'

lostNodesSuite('over the broker of the orchestrator', async () => ({}))

withNatsServer(() => {
  const servers: NatsServer[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })

  lostNodesSuite('over a nats-server', async () => {
    const server = await NatsServer.start()
    servers.push(server)
    return { 'Orchestrator.Bus.Servers': server.url }
  })
})
