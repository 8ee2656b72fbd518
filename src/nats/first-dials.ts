import { connect, type NatsConnection } from '@nats-io/transport-node'
import { type ClientSettings, clientOptions } from './client-options.ts'

/** Servers of a cluster that the list does not name. */
const mostUnnamed = 8

/**
 * Connects for the first time, within some dials: servers of a cluster that refuse us tell of each other, and the client takes up
 * again whom it has given up, without an end. Rejects with why the servers of the list let nobody in.
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
  const connection = await connect({ ...options, reconnectToServer }).catch(async (error: unknown) => {
    throw leftDials < 0 ? await connect({ ...options, ignoreClusterUpdates: true }).then(leave(error), asIs) : error
  })
  // From here on it may try for ever.
  leftDials = -1
  return connection
}

/** One lets us in by now. */
const leave = (error: unknown) => (connection: NatsConnection) => connection.close().then(() => error)
const asIs = (error: unknown): unknown => error
