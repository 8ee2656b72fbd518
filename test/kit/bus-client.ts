import { ClientBus, type ClientDeps } from '#nats/client-bus.ts'
import type { ClientSettings } from '#nats/client-options.ts'
import { SystemClock } from '#platform/clock.ts'
import { systemRandom } from '#platform/random.ts'

/** A client of the broker at this port of the machine. */
export const busClient = (
  port: number,
  change: Partial<ClientSettings> = {},
  deps: Partial<ClientDeps> = {},
): Promise<ClientBus> =>
  ClientBus.connect(
    {
      section: 'Compute',
      servers: [`nats://127.0.0.1:${port}`],
      token: '',
      caFile: '',
      isTlsRequired: false,
      name: 'client',
      ...change,
    },
    { clock: new SystemClock(), random: systemRandom, log: () => {}, ...deps },
  )
