import type { NetworkConfig, NetworkType } from '#models/task.ts'
import type { ClientVersion } from '../client-version.ts'
import { since } from '../client-version.ts'
import { goJson, goList, goString } from './go-json.ts'

/** Clients fail to read a whole answer that holds a network word they do not know, so each generation gets its own words. */
const before1_6_4: Partial<Record<NetworkType, NetworkType>> = { Host: 'Full', Bridge: 'Full', Default: 'None' }
const before1_7: Partial<Record<NetworkType, NetworkType>> = { Full: 'Host', Default: 'None' }

function networkWord(type: NetworkType, version: ClientVersion): NetworkType {
  if (version >= since.v1_7) return type
  return (version >= since.v1_6_4 ? before1_7 : before1_6_4)[type] ?? type
}

export function encodeNetwork(network: NetworkConfig, version: ClientVersion): string {
  const { Domains, Ports } = network
  let text = `{"Type":"${networkWord(network.Type, version)}"`
  if (Domains && Domains.length > 0) text += `,"Domains":${goList(Domains.map(goString))}`
  if (Ports && Ports.length > 0 && version >= since.v1_7) text += `,"Ports":${goJson(Ports)}`
  return `${text}}`
}
