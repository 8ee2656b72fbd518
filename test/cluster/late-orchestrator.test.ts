import { expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { newKeySeed, publicKeyOf } from '#nats/node-key.ts'
import { Broker } from '#nats/server/broker.ts'
import { LateOrchestrator } from '#node/late-orchestrator.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'
import { freePort } from '../kit/free-ports.ts'
import { openDoor } from '../kit/open-door.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

it('a node that starts before its orchestrator is told as soon as that is there, without asking', async () => {
  const [port, clock, keySeed] = [await freePort(), new SystemClock(), newKeySeed()]
  const settings = {
    servers: [`nats://127.0.0.1:${port}`],
    token: '',
    name: 'n-1',
    keySeed,
    caFile: '',
    isTlsRequired: false,
  }
  const late = new LateOrchestrator(
    { ...settings, section: 'Compute' },
    { nodeId: 'n-1' as NodeId, publicKey: publicKeyOf(keySeed) },
    { clock, random: systemRandom, log: () => {} },
  )
  let calls = 0
  late.onReachable(() => calls++)
  await started(late).start()
  expect(calls).toBe(0)
  const broker = new Broker(
    { host: '127.0.0.1', port, name: 'orch', tls: undefined },
    { clock, random: systemRandom, door: openDoor, log: () => {} },
  )
  await started(broker).start()
  await until('it is told', async () => calls === 1)
})
