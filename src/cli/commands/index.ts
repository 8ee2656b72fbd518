import type { Command, Examples } from '../command.ts'
import type { Shell } from '../completion/scripts.ts'

/** A line of the registry: enough for help and for finding a command; the rest is loaded when it runs. */
export type Entry = {
  /** Words of the command line: `job run`. */
  readonly path: string
  readonly short: string
  /** What to use instead: it is not listed, and says that before it runs. */
  readonly deprecated?: string
  readonly load: () => Promise<{ command: Command }>
}

export type Group = { readonly path: string; readonly short: string; readonly examples?: Examples }

/** Of the program itself: the shortest way from nothing to a result. */
export const firstSteps: Examples = [
  ['a node for this machine', 'serve --orchestrator --compute'],
  ['a first job, in another window', 'docker run alpine echo hello'],
  ['what is there', 'job list'],
]

/** Words that only hold other commands. */
export const groups: readonly Group[] = [
  {
    path: 'agent',
    short: 'Ask the node this client talks to',
    examples: [['the settings of the node', 'agent config']],
  },
  { path: 'auth', short: 'Say who you are to a server' },
  { path: 'auth sso', short: 'Log in through an identity provider' },
  { path: 'completion', short: 'Print a script that completes command lines in a shell' },
  {
    path: 'config',
    short: 'Look at settings and change them',
    examples: [
      ['all settings and where their values come from', 'config list'],
      ['where the server is', 'config set API.Host=10.0.0.5'],
    ],
  },
  { path: 'docker', short: 'Run containers', examples: [['a command in an image', 'docker run alpine echo hello']] },
  {
    path: 'job',
    short: 'Submit jobs and look at them',
    examples: [
      ['a job from a file', 'job run ./job.yaml'],
      ['the newest jobs', 'job list --order-by created_at --order-reversed'],
      ['what became of one, by its short id', 'job describe j-e3f8c209'],
      ['its output as it comes', 'job logs -f j-e3f8c209'],
    ],
  },
  {
    path: 'node',
    short: 'Look at the nodes of the cluster and judge them',
    examples: [
      ['all nodes', 'node list'],
      ['one of them', 'node describe n-550ea9f2'],
      ['empty one before it is repaired', 'node drain n-550ea9f2'],
    ],
  },
  { path: 'profile', short: 'Keep servers under names, and change between them' },
  {
    path: 'wasm',
    short: 'Run and check WebAssembly modules',
    examples: [['a module of this machine', 'wasm run ./hello.wasm']],
  },
]

/** Top-level commands of the time before 1.4. */
const replaced = (path: string, instead: string): Entry => ({
  path,
  short: `Use ${instead}`,
  deprecated:
    `Please use ${instead}.\n` +
    'See the migration guide at https://docs.bacalhau.org/references/cli-reference/command-migration for more information.',
  load: () => import('./replaced.ts'),
})

const completion = (shell: Shell): Entry => ({
  path: `completion ${shell}`,
  short: `Print the script for ${shell}`,
  load: async () => ({ command: (await import('./completion.ts')).completionCommand(shell) }),
})

/** Every command. Adding one is a file and a line here. */
export const commands: readonly Entry[] = [
  { path: 'agent alive', short: 'Say whether the node is alive', load: () => import('./agent/alive.ts') },
  { path: 'agent config', short: 'Show the settings of the node', load: () => import('./agent/config.ts') },
  { path: 'agent node', short: 'Show the node itself', load: () => import('./agent/node.ts') },
  { path: 'agent version', short: 'Show the version of the node', load: () => import('./agent/version.ts') },
  {
    path: 'auth hash-password',
    short: 'Hash a password for a configuration',
    load: () => import('./auth/hash-password.ts'),
  },
  { path: 'auth info', short: 'Show how this client says who it is', load: () => import('./auth/info.ts') },
  {
    path: 'auth sso login',
    short: 'Log in with a code on a page of the provider',
    load: () => import('./auth/sso/login.ts'),
  },
  { path: 'auth sso logout', short: 'Forget the token of a server', load: () => import('./auth/sso/logout.ts') },
  { path: 'auth sso token', short: 'Print the token of a server', load: () => import('./auth/sso/token.ts') },
  completion('bash'),
  completion('fish'),
  completion('powershell'),
  completion('zsh'),
  {
    path: 'config auto-resources',
    short: 'Set limits of resources from what this machine has',
    load: () => import('./config/auto-resources.ts'),
  },
  { path: 'config list', short: 'List settings and where they come from', load: () => import('./config/list.ts') },
  { path: 'config set', short: 'Set a value in the configuration file', load: () => import('./config/set.ts') },
  { path: 'devstack', short: 'Start a cluster of several nodes in one process', load: () => import('./devstack.ts') },
  { path: 'docker run', short: 'Run a container', load: () => import('./docker/run.ts') },
  { path: 'exec', short: 'Run a program of a named type: python, duckdb', load: () => import('./exec.ts') },
  { path: 'job describe', short: 'Show a job with its executions and output', load: () => import('./job/describe.ts') },
  { path: 'job executions', short: 'List the executions of a job', load: () => import('./job/executions.ts') },
  { path: 'job get', short: 'Download the results of a job', load: () => import('./job/get.ts') },
  { path: 'job history', short: 'List what happened to a job', load: () => import('./job/history.ts') },
  { path: 'job list', short: 'List jobs', load: () => import('./job/list.ts') },
  { path: 'job logs', short: 'Print the output of a job', load: () => import('./job/logs.ts') },
  { path: 'job plan', short: 'Show where a job would go, and why not', load: () => import('./job/plan.ts') },
  { path: 'job rerun', short: 'Run a job again', load: () => import('./job/rerun.ts') },
  { path: 'job run', short: 'Submit a job from a file and wait for it', load: () => import('./job/run.ts') },
  { path: 'job schema', short: 'Print the JSON Schema of job files', load: () => import('./job/schema.ts') },
  { path: 'job stop', short: 'Stop a job', load: () => import('./job/stop.ts') },
  { path: 'job validate', short: 'Check a job file', load: () => import('./job/validate.ts') },
  { path: 'job versions', short: 'List the versions of a job', load: () => import('./job/versions.ts') },
  { path: 'job why', short: 'Say why a job waits or has failed', load: () => import('./job/why.ts') },
  {
    path: 'node approve',
    short: 'Let a node take part in the cluster',
    load: async () => ({
      command: (await import('./node/act.ts')).nodeAction('approve', 'Approves a node: it may run jobs from now on.'),
    }),
  },
  {
    path: 'node cordon',
    short: 'Give a node no new work',
    load: async () => ({
      command: (await import('./node/act.ts')).nodeAction(
        'cordon',
        'Gives a node no new work. What it has goes on; `node uncordon` ends it.',
      ),
    }),
  },
  {
    path: 'node delete',
    short: 'Forget a node',
    load: async () => ({
      command: (await import('./node/act.ts')).nodeAction(
        'delete',
        'Forgets a node and how it was judged. One that still runs registers again with its next heartbeat, as a new one; `node reject` keeps it out.',
      ),
    }),
  },
  { path: 'node describe', short: 'Show a node', load: () => import('./node/describe.ts') },
  { path: 'node drain', short: 'Move the work of a node elsewhere', load: () => import('./node/drain.ts') },
  { path: 'node list', short: 'List the nodes of the cluster', load: () => import('./node/list.ts') },
  {
    path: 'node reject',
    short: 'Keep a node out of the cluster',
    load: async () => ({
      command: (await import('./node/act.ts')).nodeAction(
        'reject',
        'Rejects a node: it is disconnected, and what ran there is placed elsewhere.',
      ),
    }),
  },
  {
    path: 'node uncordon',
    short: 'Give a node work again',
    load: async () => ({
      command: (await import('./node/act.ts')).nodeAction(
        'uncordon',
        'Gives a node work again that was cordoned or drained.',
      ),
    }),
  },
  { path: 'profile delete', short: 'Remove a profile', load: () => import('./profile/delete.ts') },
  { path: 'profile list', short: 'List the profiles', load: () => import('./profile/list.ts') },
  { path: 'profile save', short: 'Make or change a profile', load: () => import('./profile/save.ts') },
  { path: 'profile select', short: 'Use a profile from now on', load: () => import('./profile/select.ts') },
  { path: 'profile show', short: 'Show a profile', load: () => import('./profile/show.ts') },
  { path: 'serve', short: 'Run a node: orchestrator, compute or both', load: () => import('./serve.ts') },
  { path: 'version', short: 'Show the versions of client and server', load: () => import('./version.ts') },
  { path: 'wasm run', short: 'Run a WebAssembly module', load: () => import('./wasm/run.ts') },
  { path: 'wasm validate', short: 'Check a WebAssembly module', load: () => import('./wasm/validate.ts') },
  replaced('cancel', '`bacalhau job stop` to cancel jobs'),
  replaced('create', '`bacalhau job run` to create jobs'),
  replaced('describe', '`bacalhau job describe` to describe jobs'),
  replaced('get', '`bacalhau job get` to download results of a job'),
  replaced('id', '`bacalhau agent node` to inspect bacalhau nodes'),
  replaced('list', '`bacalhau job list` to list jobs'),
  replaced('logs', '`bacalhau job logs` to follow job logs'),
  replaced('validate', '`bacalhau job validate` to validate jobs'),
]
