import { boolean, duration, isLeaf, type Leaf, map, second, type Tree, text, type Values } from './leaf.ts'
import { api } from './sections/api.ts'
import { engines, inputSources, publishers, resultDownloaders } from './sections/components.ts'
import { compute, jobAdmissionControl } from './sections/compute.ts'
import { jobDefaults } from './sections/job-defaults.ts'
import { orchestrator } from './sections/orchestrator.ts'

/** Every setting of the program, by section. Adding one is a line in its section. */
export const tree = {
  DataDir: text('~/.bacalhau', 'Folder that holds everything this node and its client keep', { env: ['BACALHAU_DIR'] }),
  Name: text('', 'Name of this node; empty = made once by the name provider and kept'),
  NameProvider: text('puuid', 'How a node without a name gets one', {
    choices: ['hostname', 'aws', 'gcp', 'uuid', 'puuid'],
    refusal: (given, choices) =>
      `unknown node name provider: ${given}. Supported providers are: [${choices.join(' ')}]`,
  }),
  StrictVersionMatch: boolean(false, 'Kept for old files; has no effect'),
  DisableAnalytics: boolean(true, 'Kept for old files; nothing is ever sent'),
  Labels: map({}, 'Labels of this node'),
  DefaultPublisher: text('', 'Publisher of a job that names result paths but no publisher'),
  API: api,
  Orchestrator: orchestrator,
  Compute: compute,
  JobAdmissionControl: jobAdmissionControl,
  JobDefaults: jobDefaults,
  Engines: engines,
  InputSources: inputSources,
  Publishers: publishers,
  ResultDownloaders: resultDownloaders,
  Logging: {
    Level: text('info', 'Least severe message that is logged', {
      env: ['LOG_LEVEL'],
      choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'],
    }),
    Mode: text('default', 'Form of log lines', { choices: ['default', 'station', 'json', 'combined', 'event'] }),
    LogDebugInfoInterval: duration(30n * second, 'How often a summary of running work is logged'),
  },
  UpdateConfig: { Interval: duration(0n, 'How often newer releases are looked for; 0 = never') },
  WebUI: {
    Enabled: boolean(false, 'Serve the console'),
    Listen: text('0.0.0.0:8438', 'Address of the console'),
    Backend: text('', 'Orchestrator the console talks to; empty = this one'),
  },
} satisfies Tree

/** The configuration as the program sees it: frozen, every value of the right type. Hand each part its own section only. */
export type Settings = Values<typeof tree>

export type Key = { readonly path: string; readonly leaf: Leaf<any> }

const collect = (node: Tree, prefix: string): Key[] =>
  Object.entries(node).flatMap(([name, child]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    return isLeaf(child) ? [{ path, leaf: child }] : collect(child, path)
  })

/** All settings in the order of the tree, by their key (`API.TLS.CertFile`). */
export const keys: readonly Key[] = collect(tree, '')

/** The variable that always sets a key: `API.Port` → `BACALHAU_API_PORT`. */
export const envNameOf = (path: string): string => `BACALHAU_${path.toUpperCase().replaceAll('.', '_')}`
