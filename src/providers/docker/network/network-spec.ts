import type { NetworkConfig, Port } from '#models/task.ts'

/** What the engine is told of a network: parts of the container, and of its HostConfig. */
export type NetworkSpec = { container: Record<string, unknown>; host: Record<string, unknown> }

const hostAlias = 'host.docker.internal:host-gateway'
const noNetwork: NetworkSpec = { container: { NetworkDisabled: true }, host: { NetworkMode: 'none' } }

/** A network of its own for the container that has it; with HTTP a loopback, on which the proxy will be. */
export function ownNetwork(network: NetworkConfig, isDefaultNetworked: boolean): NetworkSpec {
  switch (network.Type) {
    case 'None':
      return noNetwork
    case 'Full':
    case 'Host':
      return { container: {}, host: { NetworkMode: 'host', ExtraHosts: [hostAlias] } }
    case 'Bridge':
      return bridge(network.Ports ?? [])
    case 'Default':
      return isDefaultNetworked ? bridge(network.Ports ?? []) : noNetwork
    case 'HTTP':
      return { container: {}, host: { NetworkMode: 'none' } }
  }
}

/** That of another container. */
export const sharedNetwork = (holder: string): NetworkSpec => ({
  container: {},
  host: { NetworkMode: `container:${holder}` },
})

/** A port without a number of the host gets one from the engine. */
function bridge(ports: readonly Port[]): NetworkSpec {
  const published = ports.map((port) => ({ key: `${port.Target ?? port.Static}/tcp`, port }))
  return {
    container: { ExposedPorts: Object.fromEntries(published.map(({ key }) => [key, {}])) },
    host: {
      NetworkMode: 'bridge',
      ExtraHosts: [hostAlias],
      PortBindings: Object.fromEntries(
        published.map(({ key, port }) => [
          key,
          [{ HostIp: port.HostNetwork ?? '0.0.0.0', HostPort: port.Static ? String(port.Static) : '' }],
        ]),
      ),
    },
  }
}
