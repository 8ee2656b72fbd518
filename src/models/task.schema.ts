import { componentRules } from './component.schema.ts'
import { field } from './outline.ts'
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

const atLeastZero = { more: { minimum: 0 } }
const leftOut = { isLeftOut: true } as const

/** Folders of the system, the root, and ways up. */
const notMounted = {
  pattern: '(^|/)\\.\\.(/|\\s*$)|^\\s*/*(\\./+)*\\.?\\s*$|^\\s*/*(\\./+)*(proc|sys|dev)(/|\\s*$)',
}

const portShape = struct('models', 'Port', {
  Name: field(text, 'Becomes part of the names of the environment variables that tell the program its ports.', {
    isNeeded: true,
    taken: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 237 },
  }),
  Static: field(int, 'Port of the node, 1024 to 65535; 0 = any free one.', {
    ...leftOut,
    more: { minimum: 0, maximum: 65_535 },
    taken: { anyOf: [{ const: 0 }, { minimum: 1024 }] },
  }),
  Target: field(int, 'Port inside the container; not with Host.', {
    ...leftOut,
    more: { minimum: 0, maximum: 65_535 },
  }),
  HostNetwork: field(text, 'Address of the node to listen on; 0.0.0.0 when absent.', leftOut),
})

/** Ports need a network of the node or one behind it. */
const networkRule = {
  anyOf: [
    { properties: { Ports: { maxItems: 0 } } },
    { properties: { Type: { enum: ['Host', 'Bridge', 'Full', 'Default'] } }, required: ['Type'] },
  ],
}

export const networkShape = struct('models', 'NetworkConfig', {
  Type: field(
    networkWord,
    'None = no network; HTTP = only the named domains; Host (also Full) = that of the node; Bridge = one of its own behind the node; Default = what the node gives.',
  ),
  Domains: field(
    list(text, ''),
    'Domains the program may reach with HTTP; with a leading dot also all below it.',
    leftOut,
  ),
  Ports: field(
    { ...list(portShape, null, '*'), goType: 'models.PortMap' },
    'Ports that are opened on the node; with Host or Bridge.',
    leftOut,
  ),
})

const bytes = '^\\s*[0-9]+(\\.[0-9]+)?\\s*([kKmMgGtTpPeE][iI]?)?[bB]?\\s*$'
export const resourcesShape = struct('models', 'ResourcesConfig', {
  CPU: field(text, 'Cores, `2` or `0.5`, or thousandths of one: `500m`.', {
    ...leftOut,
    taken: { pattern: '^\\s*([0-9]+[mM]|[0-9]+(\\.[0-9]+)?)\\s*$', examples: ['500m', '2'] },
  }),
  Memory: field(text, 'Bytes with a unit: `512Mb` is 512,000,000, `512MiB` is 536,870,912.', {
    ...leftOut,
    taken: { pattern: bytes, examples: ['512Mb', '1Gb'] },
  }),
  Disk: field(text, 'Bytes with a unit, as for Memory.', { ...leftOut, taken: { pattern: bytes, examples: ['10Gb'] } }),
  GPU: field(text, 'Number of devices; a constraint such as GPU-NVIDIA exists says of which vendor.', {
    ...leftOut,
    taken: { pattern: '^\\s*[0-9]{1,9}\\s*$', examples: ['1'] },
  }),
})

export const timeoutShape = struct('models', 'TimeoutConfig', {
  ExecutionTimeout: field(int64, 'Seconds the program may run; 0 = no limit.', { ...leftOut, ...atLeastZero }),
  QueueTimeout: field(int64, 'Seconds a job may wait for a node; 0 = it does not wait.', {
    ...leftOut,
    ...atLeastZero,
  }),
  TotalTimeout: field(int64, 'Seconds from the submission to the end, waiting included; 0 = no limit.', {
    ...leftOut,
    ...atLeastZero,
  }),
})

export const inputSourceShape = struct('models', 'InputSource', {
  Source: field(specConfigShape, 'Where it comes from.', { isNeeded: true, taken: componentRules('storage') }),
  Alias: field(text, 'Name by which engine parameters refer to it.'),
  Target: field(text, 'Absolute path where the program finds it.', {
    isNeeded: true,
    taken: { pattern: '\\S', not: notMounted, examples: ['/inputs'] },
  }),
})
export const resultPathShape = struct('models', 'ResultPath', {
  Name: field(text, 'Name of the folder or file in the result.', {
    isNeeded: true,
    taken: {
      pattern: '^\\s*[^/\\\\\\s]([^/\\\\]*[^/\\\\\\s])?\\s*$',
      not: { pattern: '^\\s*\\.\\.?\\s*$' },
      maxLength: 255,
      examples: ['outputs'],
    },
  }),
  Path: field(
    text,
    'Absolute path of the folder that the program writes to; with a pattern after it, only what matches is published.',
    {
      isNeeded: true,
      taken: { pattern: '^\\s*/', not: notMounted, examples: ['/outputs', '/outputs/**/*.csv'] },
    },
  ),
})

export const taskShape = struct('models', 'Task', {
  Name: field(text, 'Name of the task.', { isNeeded: true, taken: { minLength: 1, maxLength: 253 } }),
  Engine: field(specConfigShape, 'What runs the program.', { isNeeded: true, taken: componentRules('engine') }),
  Publisher: field(specConfigShape, 'Where the result goes; an empty type = nowhere.', {
    taken: componentRules('publisher'),
  }),
  Env: field(textMap, 'Environment variables of the program; names must not begin with BACALHAU_.', {
    ...leftOut,
    taken: {
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', not: { pattern: '^[bB][aA][cC][aA][lL][hH][aA][uU]_' } },
    },
  }),
  Meta: field(textMap, 'Pairs that are kept and shown, and have no effect.', leftOut),
  InputSources: field(list(inputSourceShape, null, '*'), 'What is there when the program starts.', leftOut),
  ResultPaths: field(list(resultPathShape, null, '*'), 'What is published; needs a publisher.', leftOut),
  Resources: field(resourcesShape, 'What the program gets; what is absent the node decides.'),
  Network: field(networkShape, 'What the program can reach.', { taken: networkRule }),
  Timeouts: field(timeoutShape, 'Time limits in whole seconds.'),
  FailOnExitCode: field(
    flag,
    'Whether an exit code other than 0 is a failure; otherwise it is only recorded.',
    leftOut,
  ),
  PublishOnFailure: field(
    flag,
    'Whether what an execution has left is published also when it fails, for who looks for the reason.',
    leftOut,
  ),
  StopGrace: field(int, 'Seconds between the signal to stop and the kill; 10 when absent.', {
    ...leftOut,
    ...atLeastZero,
  }),
})
/** A task as it was sent: anything may be absent, list items may be null. */
export type TaskDraft = StructOf<typeof taskShape.fields>
