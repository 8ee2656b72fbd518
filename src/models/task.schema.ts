import { flag, int, int64, list, type StructOf, struct, text, textMap, Unreadable, word } from './shape.schema.ts'
import { specConfigShape } from './spec-config.schema.ts'
import type { NetworkType } from './task.ts'

/** What may stand for a network type; the words of all generations are taken, without case and blanks around. */
const networkWords: Record<string, NetworkType> = {
  none: 'None',
  full: 'Full',
  http: 'HTTP',
  host: 'Host',
  bridge: 'Bridge',
  default: 'Default',
}

const networkWord = word<NetworkType>(
  'models.Network',
  (given) => {
    const type = networkWords[given.trim().toLowerCase()]
    if (type === undefined) throw new Unreadable(`models.Network: unknown type '${given}'`)
    return type
  },
  Object.values(networkWords),
)

const portShape = struct('models', 'Port', { Name: text, Static: int, Target: int, HostNetwork: text })
export const networkShape = struct('models', 'NetworkConfig', {
  Type: networkWord,
  Domains: list(text, ''),
  Ports: { ...list(portShape, null, '*'), goType: 'models.PortMap' },
})
export const resourcesShape = struct('models', 'ResourcesConfig', { CPU: text, Memory: text, Disk: text, GPU: text })
export const timeoutShape = struct('models', 'TimeoutConfig', {
  ExecutionTimeout: int64,
  QueueTimeout: int64,
  TotalTimeout: int64,
})
export const inputSourceShape = struct('models', 'InputSource', { Source: specConfigShape, Alias: text, Target: text })
export const resultPathShape = struct('models', 'ResultPath', { Name: text, Path: text })

export const taskShape = struct('models', 'Task', {
  Name: text,
  Engine: specConfigShape,
  Publisher: specConfigShape,
  Env: textMap,
  Meta: textMap,
  InputSources: list(inputSourceShape, null, '*'),
  ResultPaths: list(resultPathShape, null, '*'),
  Resources: resourcesShape,
  Network: networkShape,
  Timeouts: timeoutShape,
  FailOnExitCode: flag,
  StopGrace: int,
})
/** A task as it was sent: anything may be absent, list items may be null. */
export type TaskDraft = StructOf<typeof taskShape.fields>
