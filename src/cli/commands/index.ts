import type { Command } from '../command.ts'

/** A line of the registry: enough for help and for finding a command; the rest is loaded when it runs. */
export type Entry = {
  /** Words of the command line: `job run`. */
  readonly path: string
  readonly short: string
  readonly load: () => Promise<{ command: Command }>
}

export type Group = { readonly path: string; readonly short: string }

/** Words that only hold other commands. */
export const groups: readonly Group[] = [
  { path: 'agent', short: 'Ask the node this client talks to' },
  { path: 'docker', short: 'Run containers' },
  { path: 'job', short: 'Submit jobs and look at them' },
  { path: 'node', short: 'Look at the nodes of the cluster' },
  { path: 'wasm', short: 'Run and check WebAssembly modules' },
]

/** Every command. Adding one is a file and a line here. */
export const commands: readonly Entry[] = [
  { path: 'agent alive', short: 'Say whether the node is alive', load: () => import('./agent/alive.ts') },
  { path: 'agent node', short: 'Show the node itself', load: () => import('./agent/node.ts') },
  { path: 'agent version', short: 'Show the version of the node', load: () => import('./agent/version.ts') },
  { path: 'devstack', short: 'Start a cluster of several nodes in one process', load: () => import('./devstack.ts') },
  { path: 'docker run', short: 'Run a container', load: () => import('./docker/run.ts') },
  { path: 'job describe', short: 'Show a job with its executions and output', load: () => import('./job/describe.ts') },
  { path: 'job executions', short: 'List the executions of a job', load: () => import('./job/executions.ts') },
  { path: 'job get', short: 'Download the results of a job', load: () => import('./job/get.ts') },
  { path: 'job history', short: 'List what happened to a job', load: () => import('./job/history.ts') },
  { path: 'job list', short: 'List jobs', load: () => import('./job/list.ts') },
  { path: 'job logs', short: 'Print the output of a job', load: () => import('./job/logs.ts') },
  { path: 'job run', short: 'Submit a job from a file and wait for it', load: () => import('./job/run.ts') },
  { path: 'job stop', short: 'Stop a job', load: () => import('./job/stop.ts') },
  { path: 'job validate', short: 'Check a job file', load: () => import('./job/validate.ts') },
  { path: 'node describe', short: 'Show a node', load: () => import('./node/describe.ts') },
  { path: 'node list', short: 'List the nodes of the cluster', load: () => import('./node/list.ts') },
  { path: 'serve', short: 'Run a node: orchestrator, compute or both', load: () => import('./serve.ts') },
  { path: 'version', short: 'Show the versions of client and server', load: () => import('./version.ts') },
  { path: 'wasm run', short: 'Run a WebAssembly module', load: () => import('./wasm/run.ts') },
]
