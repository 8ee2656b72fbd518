import { join } from 'node:path'

/** What one process does of the cluster's work. */
export type Roles = { readonly isOrchestrator: boolean; readonly isCompute: boolean }

/**
 * Where everything lies. The client's files are shared; what a process writes while it runs lies in a folder of its
 * roles, so that an orchestrator and a compute node may share a data folder. No role may be in it twice.
 */
export type DataFolder = {
  readonly root: string
  /** Exports of the running node for a shell; removed when it stops. */
  readonly runFile: string
  /** Of the roles of this process: root for both, else `orchestrator/` or `compute/`. */
  readonly roleFolder: string
  readonly databaseFile: string
  /** What was decided and is not in the database yet. */
  readonly journalFile: string
  /** Of servers that may not run beside this one: they have a role of this process too. */
  readonly rivalDatabases: readonly string[]
  /** Name and ids of this node, made once. */
  readonly identityFile: string
  /** Secret by which orchestrators know this node again. */
  readonly nodeKeyFile: string
  /** What a node made that vouches for itself: clients may trust the first. */
  readonly certificateFile: string
  readonly certificateKeyFile: string
  readonly executionsFolder: string
  readonly resultsFolder: string
  /** Results that wait for the orchestrator to take them. */
  readonly offeredFolder: string
  /** Results of all nodes that the orchestrator keeps. */
  readonly takenFolder: string
  /** What users sent with their jobs, which the orchestrator keeps. */
  readonly uploadsFolder: string
  /** Uploads that a node has begun to read. */
  readonly comingFolder: string
  readonly logsFolder: string
  /** Inputs kept for later; beside the executions, so that their files are shared. */
  readonly inputsFolder: string
}

export function dataFolder(root: string, roles: Roles): DataFolder {
  const isBoth = roles.isOrchestrator && roles.isCompute
  const roleFolder = isBoth ? root : join(root, roles.isOrchestrator ? 'orchestrator' : 'compute')
  return {
    root,
    runFile: join(root, 'bacalhau.run'),
    roleFolder,
    databaseFile: join(roleFolder, 'state.db'),
    journalFile: join(roleFolder, 'state.journal'),
    rivalDatabases: (isBoth ? ['orchestrator', 'compute'] : ['']).map((each) => join(root, each, 'state.db')),
    identityFile: join(roleFolder, 'node.json'),
    nodeKeyFile: join(roleFolder, 'node.key'),
    certificateFile: join(roleFolder, 'api-cert.pem'),
    certificateKeyFile: join(roleFolder, 'api-key.pem'),
    // Not `executions`: in `compute/executions` release 1.9 has its own, and what is left over here is removed.
    executionsFolder: join(roleFolder, 'running'),
    resultsFolder: join(roleFolder, 'results'),
    offeredFolder: join(roleFolder, 'results-offered'),
    takenFolder: join(roleFolder, 'results-taken'),
    uploadsFolder: join(roleFolder, 'uploads'),
    comingFolder: join(roleFolder, 'inputs-coming'),
    logsFolder: join(roleFolder, 'logs'),
    inputsFolder: join(roleFolder, 'inputs'),
  }
}
