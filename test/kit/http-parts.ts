import type { AddressesOf } from '#contracts/addresses.ts'
import { SystemClock } from '#platform/clock.ts'
import type { HttpParts } from '#providers/docker/network/held-networks.ts'
import { Gate } from '#providers/gate/gate.ts'
import { listenCommand } from './listen-command.ts'

/** What a Docker engine needs for HTTP networks, with the internet that `addressesOf` knows; without it there is none. */
export const httpParts = (addressesOf: AddressesOf = async () => []): HttpParts => ({
  openGate: (order) => new Gate(order, { addressesOf, clock: new SystemClock() }),
  listenCommand,
})
