import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type ClientSettings, clientOptions } from './client-options.ts'

/** Servers of a cluster that the list does not name. */
const mostUnnamed = 8

/**
 * Connects for the first time, within some dials: servers of a cluster that refuse us tell of each other, and the client takes up
 * again whom it has given up, without an end. Then those of the list are asked alone: it rejects with why they do not let us in.
 */
export async function firstConnect(
  settings: ClientSettings,
  reconnectDelayHandler: () => number,
): Promise<NatsConnection> {
  const options = { ...clientOptions(settings), reconnectDelayHandler }
  let leftDials = settings.servers.length + mostUnnamed
  const reconnectToServer = (): null => {
    if (leftDials-- === 0) throw new Error('all servers were tried')
    return null
  }
  try {
    const connection = await connect({ ...options, reconnectToServer })
    // From here on it may try for ever.
    leftDials = -1
    return connection
  } catch (error) {
    if (leftDials >= 0) throw error
  }
  return connect({ ...options, ignoreClusterUpdates: true })
}
