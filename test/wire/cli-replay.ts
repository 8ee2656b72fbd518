import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ShownExecution } from '#api/decode/execution.ts'
import { Client } from '#client/client.ts'
import { isTerminalExecution } from '#models/execution-state.ts'
import type { Job } from '#models/job.ts'
import { isTerminalJob } from '#models/job-state.ts'
import { freePorts } from '../kit/free-ports.ts'
import type { GoldenCluster } from '../kit/golden-cluster.ts'
import type { Version } from '../kit/vectors.ts'
import { type CliCase, fixturesDir, jobFixture, wasStopped } from './cli-cases.ts'
import { dataDirOf, prepareConfig } from './cli-config.ts'
import { type CliRun, runCli } from './cli-process.ts'
import { prepareProfiles } from './cli-profiles.ts'

export type Replayed = { golden: CliCase; ours: CliRun; files: Map<string, string>; dataDir: string }

const caseTimeoutMs = 60_000
const stateLimitMs = 60_000
const edge = 'edge-1'
/** Ports that a recorded node took by default; other programs of this machine may have them. */
const anyPorts = {
  BACALHAU_NODE_SERVERAPI_PORT: '0',
  BACALHAU_NODE_NETWORK_PORT: '0',
  BACALHAU_NODE_COMPUTE_LOCALPUBLISHER_PORT: '0',
}

/** Cases that were recorded while the second node was rejected. */
const recordedRejected = ['node/list-rejected', 'node/reject-already', 'node/approve']

/** Runs recorded command lines against a cluster of ours, each in a folder of its own with the recorded files in it. */
export class CliReplay {
  readonly #cluster: GoldenCluster
  readonly #version: Version
  #versions: Promise<void> | undefined
  readonly #client: Client
  readonly #jobs = new Map<string, Promise<string>>()
  /** Jobs that end by a time limit only, while other cases run. */
  readonly #early = new Set<string>()
  readonly #listeners: Server[] = []

  constructor(cluster: GoldenCluster, version: Version) {
    this.#cluster = cluster
    this.#version = version
    this.#client = new Client({ url: `http://127.0.0.1:${cluster.port}` })
  }

  async replay(folder: string, recorded: CliCase, all: readonly CliCase[]): Promise<Replayed> {
    const name = lastPart(recorded.case)
    const dataDir = dataDirOf(recorded, this.#cluster.directory)
    if (folder === 'config') prepareConfig(dataDir, recorded, all)
    if (folder === 'profile') prepareProfiles(dataDir, recorded, all)
    const put = await this.#localiser(folder, name, recorded)
    const cwd = this.#workFolder(folder, name)
    const env = this.#environment(recorded, put)
    const signal =
      recorded.signal && name !== 'wait-timeout' ? { name: recorded.signal, when: signalMoment(folder) } : undefined
    const takeBack = await this.#prepare(recorded)
    const ours = await runCli({
      args: recorded.argv.slice(1).map(put),
      cwd,
      env,
      timeoutMs: caseTimeoutMs,
      ...(recorded.stdin === undefined ? {} : { stdin: recorded.stdin }),
      ...(recorded.pty ? { pty: recorded.pty } : {}),
      ...(signal ? { signal } : {}),
    })
    const golden = {
      ...recorded,
      ...(recorded.stdout === undefined ? {} : { stdout: put(recorded.stdout) }),
      ...(recorded.stderr === undefined ? {} : { stderr: put(recorded.stderr) }),
    }
    await takeBack?.()
    await this.#stopRunning()
    return { golden, ours, files: filesIn(cwd), dataDir }
  }

  /** What the recorder had done before a case, and how it is undone. */
  async #prepare({ case: name }: CliCase): Promise<(() => Promise<void>) | undefined> {
    if (name === 'root/repo-version-99') {
      const folder = join(this.#cluster.directory, 'badver140')
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'repo.version'), '{"Version":99}')
    }
    if (name.startsWith('job-versions/')) await (this.#versions ??= this.#makeVersions())
    if (recordedRejected.includes(name)) await this.#actOnEdge('reject')
    return recordedRejected.includes(name) || name === 'node/reject' ? () => this.#bringEdgeBack() : undefined
  }

  /** A job of seven versions, and one that exits with 1. */
  async #makeVersions(): Promise<void> {
    for (const word of ['v1', 'v1', 'v2', 'v2', 'v2', 'v1', 'v1']) {
      const Engine = {
        Type: 'docker',
        Params: { Image: 'busybox:latest', Entrypoint: ['/bin/sh', '-c', `echo ${word}`] },
      }
      const body = {
        Job: { Name: 'versioned', Type: 'batch', Count: 1, Tasks: [{ Name: 'main', Engine }] },
        Force: true,
      }
      await this.#until(await this.#submitBody(JSON.stringify(body), 'versioned'), undefined)
    }
    for (const fixture of ['batch-exit1', 'batch-ok']) await this.#until(await this.#submit(fixture), undefined)
  }

  async #bringEdgeBack(): Promise<void> {
    const { Node } = await this.#client.nodes.get(edge)
    if (Node.Membership === 'REJECTED') await this.#actOnEdge('approve')
    const isBack = async () => (await this.#client.nodes.get(edge)).Node.ConnectionState.Status === 'CONNECTED'
    const signal = AbortSignal.timeout(stateLimitMs)
    while (!(await isBack())) await sleep(20, undefined, { signal })
  }

  async #actOnEdge(action: string): Promise<void> {
    const { Success, Error: reason } = await this.#client.nodes.act(edge, { Action: action, Message: '', NodeID: edge })
    if (!Success) throw new Error(`cannot ${action} ${edge}: ${reason}`)
  }

  /** What a case leaves running would take the place of the next one's jobs. */
  async #stopRunning(): Promise<void> {
    const { Items } = await this.#client.jobs.list({ order_by: 'modified_at', reverse: true, limit: 20 })
    const running = Items.filter(({ ID, State }) => !isTerminalJob(State.StateType) && !this.#early.has(ID))
    await Promise.all(running.map(({ ID }) => this.#client.jobs.stop(ID, {}).catch(() => {})))
  }

  /** After a start the cluster gives nodes time to come back before it calls a job impossible: that time is over. */
  async settle(): Promise<void> {
    const id = await this.#submit('batch-unsatisfiable')
    await this.#client.jobs.waitFor(id, ({ State }) => isTerminalJob(State.StateType), {
      signal: AbortSignal.timeout(stateLimitMs),
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((each) => new Promise((closed) => each.close(closed))))
  }

  /** Puts our ids, folders and ports where the recording has its own. */
  async #localiser(folder: string, name: string, { needs, vars = {} }: CliCase): Promise<(text: string) => string> {
    const pairs: [string, string][] = [['{{DIR}}', this.#cluster.directory]]
    const apiPort = this.#version === 'v1.4.0' ? '20140' : '20190'
    if (folder !== 'profile') pairs.push([apiPort, String(this.#cluster.port)])
    pairs.push([':20010', `:${this.#cluster.filePort}`])
    if (folder === 'serve') pairs.push(...(await this.#servePorts()))
    let nodeId = this.#cluster.nodeId
    if (vars.JOB) {
      const id = await this.#job(folder, name, needs)
      pairs.push([vars.JOB, id], [vars.JOB.slice(0, 10), id.slice(0, 10)])
      const execution = (await this.#client.jobs.executions(id)).Items[0]
      if (vars.EXEC) pairs.push([vars.EXEC, execution?.ID ?? ''])
      nodeId = execution?.NodeID ?? nodeId
    }
    if (vars.NODE) pairs.push([vars.NODE, nodeId.slice(0, vars.NODE.length)])
    return (text) => pairs.reduce((result, [theirs, ours]) => result.replaceAll(theirs, ours), text)
  }

  /** Free ports for those that a recorded node listened on; one of them is taken. */
  async #servePorts(): Promise<[string, string][]> {
    const taken = await listen()
    this.#listeners.push(taken.server)
    const free = await freePorts(3)
    return [['20142', String(taken.port)], ...free.map((port, at): [string, string] => [`2050${at}`, String(port)])]
  }

  /** A job of the fixture in the state the recording saw: one of its own when that is named, else one for all cases. */
  #job(folder: string, name: string, needs: CliCase['needs']): Promise<string> {
    const fixture = needs?.fixture ?? 'batch-sleep'
    const named = needs ? needs.state : 'Running'
    const state = named ?? (wasStopped(this.#version, fixture) ? 'Stopped' : undefined)
    const key = named ? `${folder}/${name}` : fixture
    let job = this.#jobs.get(key)
    if (!job) {
      job = this.#submit(fixture).then((id) => {
        if (endsLate(fixture)) this.#early.add(id)
        return this.#until(id, state)
      })
      this.#jobs.set(key, job)
    }
    return job
  }

  /** Its job is on its way when the turn of the case comes, which is told then if there was trouble. */
  submitEarly(folder: string, { case: name, needs }: CliCase): void {
    if (needs?.fixture && endsLate(needs.fixture)) this.#job(folder, lastPart(name), needs).catch(() => {})
  }

  /** Any end when no state is named. The nodes have said what they had to say about it. */
  async #until(id: string, state: string | undefined): Promise<string> {
    if (state === 'Stopped') {
      await this.#until(id, 'Running')
      await this.#client.jobs.stop(id, {})
    }
    const isOver = ({ State: { StateType } }: Job) =>
      isTerminalJob(StateType) || StateType === state || (state === 'Running' && StateType === 'Queued')
    const signal = AbortSignal.timeout(stateLimitMs)
    await this.#client.jobs.waitFor(id, isOver, { signal })
    await this.#settled(id, state === 'Running', signal)
    return id
  }

  async #settled(id: string, isRunning: boolean, signal: AbortSignal): Promise<void> {
    const isSettled = ({ ComputeState: { StateType } }: ShownExecution) =>
      isTerminalExecution(StateType) || (isRunning && StateType === 'Running')
    while (!(await this.#client.jobs.executions(id)).Items.every(isSettled)) await sleep(20, undefined, { signal })
  }

  async #submit(fixture: string): Promise<string> {
    const body = jobFixture(this.#version, fixture)
      .replaceAll('{{DIR}}', this.#cluster.directory)
      .replaceAll(':20010', `:${this.#cluster.filePort}`)
    return this.#submitBody(body, fixture)
  }

  async #submitBody(body: string, what: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.#cluster.port}/api/v1/orchestrator/jobs`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'X-Bacalhau-Git-Version': this.#version },
      body,
    })
    const answer = (await response.json()) as { JobID?: string }
    if (!answer.JobID) throw new Error(`${what} was not submitted: ${JSON.stringify(answer)}`)
    return answer.JobID
  }

  #workFolder(folder: string, name: string): string {
    if (folder === 'job-get') return this.#getFolder(name)
    const cwd = join(this.#cluster.directory, 'work', folder, name)
    mkdirSync(cwd, { recursive: true })
    cpSync(fixturesDir(this.#version), cwd, { recursive: true })
    return cwd
  }

  /** Two recordings share a folder: the second download finds the first one. */
  #getFolder(name: string): string {
    const shared = name.startsWith('output-dir') && name !== 'output-dir-missing'
    const cwd = join(this.#cluster.directory, 'get140', shared ? 'outdir' : name)
    if (name !== 'output-dir-again') rmSync(cwd, { recursive: true, force: true })
    mkdirSync(shared ? join(cwd, 'target') : cwd, { recursive: true })
    return cwd
  }

  #environment({ argv, env = {} }: CliCase, put: (text: string) => string): Record<string, string> {
    const base: Record<string, string> = {
      HOME: join(this.#cluster.directory, 'home'),
      PATH: process.env.PATH ?? '',
      BACALHAU_DIR: join(this.#cluster.directory, 'client'),
      BACALHAU_API_HOST: '127.0.0.1',
      BACALHAU_API_PORT: String(this.#cluster.port),
      TERM: 'xterm',
      ...(argv[1] === 'serve' ? anyPorts : {}),
    }
    for (const [name, value] of Object.entries(env)) {
      if (value === null) delete base[name]
      else base[name] = put(value)
    }
    mkdirSync(base.HOME ?? '', { recursive: true })
    return base
  }
}

const endsLate = (fixture: string): boolean => fixture.endsWith('timeout')
const lastPart = (name: string): string => name.split('/').at(-1) ?? ''

/** The recorder waited some seconds; what it waited for is seen in the output. */
const signalMoment = (folder: string) => (stdout: string) =>
  folder === 'serve' ? stdout.includes('bacalhau.run') : /Creating job for submission {2}\.{16}/.test(stdout)

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, port: typeof address === 'object' && address ? address.port : 0 }
}

/** Folders end in `/` and hold nothing. */
function filesIn(root: string): Map<string, string> {
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => {
        const isFolder = statSync(path).isDirectory()
        return [relative(root, path) + (isFolder ? '/' : ''), isFolder ? '' : readFileSync(path, 'utf8')]
      }),
  )
}

/** What is in a folder of it, and the folder itself, where it is there. */
export function filesBelow(root: string, folder: string): Map<string, string> {
  return new Map([...filesIn(root)].filter(([path]) => path.startsWith(`${folder}/`)))
}
