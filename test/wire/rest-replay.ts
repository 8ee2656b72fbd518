import { createSign, generateKeyPairSync } from 'node:crypto'
import { Client } from '#client/client.ts'
import type { Job } from '#models/job.ts'
import type { GoldenCluster } from '../kit/golden-cluster.ts'
import { until } from '../kit/until.ts'
import type { Version } from '../kit/vectors.ts'
import { endsLate, type RestCase, submissionOf } from './rest-cases.ts'
import { type Answer, exchange } from './rest-exchange.ts'

type Ran = { ID: string; NodeID: string }
export type Replayed = { golden: RestCase; answer: Answer }

const stateLimitMs = 60_000

/** Replays recordings against a cluster: submits what they speak of, waits until it is as it was, and asks the same. */
export class Replay {
  readonly #cluster: GoldenCluster
  readonly #version: Version
  readonly #url: string
  /** Job ids by `<area>/<fixture>`. */
  readonly #jobs = new Map<string, string>()
  /** Of the page before, by sequence of pages. */
  readonly #nextTokens = new Map<string, string>()

  constructor(cluster: GoldenCluster, version: Version) {
    this.#cluster = cluster
    this.#version = version
    this.#url = `http://127.0.0.1:${cluster.port}/api/v1`
  }

  async replay(recorded: RestCase): Promise<Replayed> {
    if (recorded.name === 'nodes/get-approved-back') await this.#untilNodesAreConnected()
    if (recorded.area === 'versions') await this.#untilTold()
    const golden = { ...recorded, request: await this.#ours(recorded), response: this.#localised(recorded.response) }
    const answer = await exchange(recorded.server ? this.#cluster.edgePort : this.#cluster.port, golden)
    if (sequenceOf(recorded.name)) this.#nextTokens.set(sequenceOf(recorded.name), fieldOf(answer, 'NextToken'))
    if (/^(?:jobs|nodes)\/submit-/.test(recorded.name)) {
      this.#jobs.set(`${recorded.area}/${recorded.needs?.fixture}`, fieldOf(answer, 'JobID'))
    }
    const told = versionedJobs[recorded.name]
    if (told) this.#jobs.set(told, fieldOf(answer, 'JobID'))
    if (recorded.name === 'versions/submit-other-type') await this.#forceVersion(recorded)
    return { golden, answer }
  }

  /** The jobs that a story of versions is about rest before the next case. */
  async #untilTold(): Promise<void> {
    const [gadget, service] = ['versions/gadget', 'versions/service'].map((key) => this.#jobs.get(key))
    if (gadget) await this.#waitFor(gadget, undefined)
    if (!service) return
    const state = async () => ((await this.#get(`/orchestrator/jobs/${service}`)) as { Job: Job }).Job.State.StateType
    await until(
      'the service runs or is stopped',
      async () => ['Running', 'Stopped'].includes(await state()),
      stateLimitMs,
    )
    await this.#settled(service, await state())
  }

  /** Ours does not change the type of a job; so that the numbers stay as recorded it gets a version all the same. */
  async #forceVersion({ request }: RestCase): Promise<void> {
    const { Job } = JSON.parse(request.body ?? '') as { Job: object }
    await this.submit(JSON.stringify({ Job: { ...Job, Type: 'batch' }, Force: true }))
  }

  /** The recorded request with our ids, folders and ports in it. */
  async #ours({ area, name, needs, vars = {}, request }: RestCase): Promise<RestCase['request']> {
    const mine = await this.#values(area, name, needs, Object.keys(vars))
    const put = (text: string): string => this.#put(text).replace(anyId, (given) => ownId(given, vars, mine))
    // The recorded system did not look at this beginning of an id; ours does, and must not meet it by chance.
    let path = put(request.path.replace(/node_id=n-1$/, 'node_id=no-node'))
    const token = this.#nextTokens.get(sequenceOf(name))
    if (token) path = path.replace(/next_token=[^&]*/, `next_token=${token}`)
    const body = name.startsWith('auth/authn-ok') ? await this.#signedAnswer() : request.body
    return { ...request, path, ...(body === undefined ? {} : { body: put(body) }) }
  }

  #localised(response: RestCase['response']): RestCase['response'] {
    return response.body === undefined ? response : { ...response, body: this.#put(response.body) }
  }

  #put(text: string): string {
    return text.replaceAll('{{DIR}}', this.#cluster.directory).replaceAll(':20010', `:${this.#cluster.filePort}`)
  }

  async #values(
    area: string,
    name: string,
    needs: RestCase['needs'],
    names: string[],
  ): Promise<Record<string, string>> {
    const values: Record<string, string> = { NODE: this.#cluster.nodeId }
    if (needs?.fixture === undefined) {
      const told = this.#jobs.get(name.startsWith('versions/service') ? 'versions/service' : 'versions/gadget')
      if (names.includes('JOB')) values.JOB = area === 'versions' ? (told ?? '') : await this.#tickingJob()
      return values
    }
    if (names.length === 0) return values
    const isStopped = name === 'logs/stopped-service'
    const id = await this.#jobIn(area, needs.fixture, isStopped ? 'Stopped' : needs.state)
    values.JOB = id
    values.SHORT = id.slice(0, 10)
    if (names.includes('EXEC')) {
      const [execution] = (await this.#get(`/orchestrator/jobs/${id}/executions`)).Items as Ran[]
      values.EXEC = execution?.ID ?? ''
      values.NODE = execution?.NodeID ?? ''
    }
    return values
  }

  /** The job of the case, so that it is on its way when it is asked about. */
  async submitEarly({ area, needs }: RestCase): Promise<void> {
    if (needs?.fixture !== undefined) await this.#submitted(area, needs.fixture)
  }

  /** The job of a fixture, submitted once per area. */
  async #submitted(area: string, fixture: string): Promise<string> {
    const key = `${area}/${fixture}`
    const id = this.#jobs.get(key) ?? (await this.submit(this.#put(submissionOf(this.#version, fixture))))
    this.#jobs.set(key, id)
    return id
  }

  /** The same when it is in the state the recording saw. */
  async #jobIn(area: string, fixture: string, state: string | undefined): Promise<string> {
    const id = await this.#submitted(area, fixture)
    if (state === 'Stopped') await this.#stop(id)
    await this.#waitFor(id, state)
    if (!endsLate({ needs: { fixture } }) || (await this.#hasBegun(id))) return id
    // On a busy machine its time may be over before its container has started: the recorded one had begun.
    this.#jobs.delete(`${area}/${fixture}`)
    return this.#jobIn(area, fixture, state)
  }

  /** Whether the program of each of its executions has printed something. */
  async #hasBegun(id: string): Promise<boolean> {
    const { Items } = await this.#get(`/orchestrator/jobs/${id}/executions`)
    return (Items as { RunOutput: { Stdout: string } | null }[]).every(({ RunOutput }) => RunOutput?.Stdout)
  }

  /** All nodes are there, and the time is over that they are given after a start before a job is called impossible. */
  async waitUntilSettled(): Promise<void> {
    await this.#untilNodesAreConnected()
    const body = this.#put(submissionOf(this.#version, 'batch-unsatisfiable'))
    await this.#waitFor(await this.submit(body), 'Failed')
  }

  /** A node that was turned away comes back by itself. */
  #untilNodesAreConnected(): Promise<void> {
    return until(
      'both nodes are connected',
      async () => {
        const { Nodes } = (await this.#get('/orchestrator/nodes')) as { Nodes: { Connection: string }[] }
        return Nodes.length === 2 && Nodes.every(({ Connection }) => Connection === 'CONNECTED')
      },
      stateLimitMs,
    )
  }

  async submit(body: string): Promise<string> {
    const response = await fetch(`${this.#url}/orchestrator/jobs`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'X-Bacalhau-Git-Version': this.#version },
      body,
    })
    const answer = (await response.json()) as { JobID?: string }
    if (!answer.JobID) throw new Error(`not submitted: ${JSON.stringify(answer)}`)
    return answer.JobID
  }

  /** Four ticks one second apart, as the recording that follows a job from its start speaks of. */
  #tickingJob(): Promise<string> {
    const script = 'for i in 1 2 3 4; do echo tick $i; echo err $i >&2; sleep 1; done'
    const Engine = { Type: 'docker', Params: { Image: 'busybox:latest', Entrypoint: ['/bin/sh', '-c', script] } }
    return this.submit(
      JSON.stringify({ Job: { Name: 'ticks', Type: 'batch', Count: 1, Tasks: [{ Name: 'main', Engine }] } }),
    )
  }

  async #stop(id: string): Promise<void> {
    await fetch(`${this.#url}/orchestrator/jobs/${id}`, { method: 'DELETE' })
  }

  /** Any end when no state is named; a running job also has its executions running. */
  async #waitFor(id: string, state: string | undefined): Promise<void> {
    const client = new Client({ url: `http://127.0.0.1:${this.#cluster.port}` })
    const isThere = ({ State }: Job) =>
      state === undefined ? ['Completed', 'Failed', 'Stopped'].includes(State.StateType) : State.StateType === state
    const ended = ['Completed', 'Failed', 'Stopped']
    const isOver = (job: Job) => isThere(job) || ended.includes(job.State.StateType)
    await client.jobs.waitFor(id, isOver, { signal: AbortSignal.timeout(stateLimitMs) })
    if (state === 'Stopped' || state === 'Running') await this.#settled(id, state)
  }

  /** The node has said what it had to say about the change. */
  #settled(id: string, state: string): Promise<void> {
    const wanted = state === 'Running' ? [6, 7, 9] : [8, 9, 10, 11]
    return until(
      `the executions of ${id} are ${state}`,
      async () => {
        const { Items } = await this.#get(`/orchestrator/jobs/${id}/executions`, 'v1.9.3')
        const states = (Items as { ComputeState: { StateType: number } }[]).map((each) => each.ComputeState.StateType)
        return states.every((each) => wanted.includes(each))
      },
      stateLimitMs,
    )
  }

  async #get(path: string, version: string = this.#version): Promise<Record<string, unknown>> {
    const response = await fetch(this.#url + path, { headers: { 'X-Bacalhau-Git-Version': version } })
    return (await response.json()) as Record<string, unknown>
  }

  /** The recorded answer signs the recorded phrase; ours is another. */
  async #signedAnswer(): Promise<string> {
    const { params } = (await this.#get('/auth/clientkey')) as { params: { InputPhrase: string } }
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const PhraseSignature = createSign('sha256')
      .update(Buffer.from(params.InputPhrase, 'base64'))
      .sign(privateKey)
      .toString('base64')
    const PublicKey = publicKey.export({ format: 'der', type: 'pkcs1' }).toString('base64')
    const MethodData = Buffer.from(JSON.stringify({ PhraseSignature, PublicKey })).toString('base64')
    return JSON.stringify({ Namespace: '', Credential: null, Name: 'clientkey', MethodData })
  }
}

/** Which job a case brings into being, for those that speak of it later. */
const versionedJobs: Readonly<Record<string, string>> = {
  'versions/submit-v1': 'versions/gadget',
  'versions/service-v1': 'versions/service',
}

/** `list/page-2` is a page of the sequence `list/page`; '' = it belongs to none. */
const sequenceOf = (name: string): string => /^(.*\/(?:page|cursor).*)-\d$/.exec(name)?.[1] ?? ''

/** A recorded id, or the beginning of one. */
const anyId = /\b[jen]-[0-9a-f]{5,8}(?:-[0-9a-f-]{27})?\b/g

/** Ours in place of the recorded one, as short as that was. */
function ownId(given: string, vars: Record<string, string>, mine: Record<string, string>): string {
  for (const [name, recorded] of Object.entries(vars)) {
    const own = mine[name]
    if (own && recorded.startsWith(given)) return own.slice(0, given.length)
  }
  return given
}

function fieldOf({ body }: Answer, name: string): string {
  try {
    return (JSON.parse(body) as Record<string, string>)[name] ?? ''
  } catch {
    return ''
  }
}
