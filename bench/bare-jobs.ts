import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'

/**
 * The least that Node can do for a job, in the same words: takes it over HTTP, keeps it, its execution and what happened to both in
 * SQLite, synced before anybody hears of it, has its module run in another process (bare-runner.ts) and answers who waits for its end.
 * Without checks, rules, placement, queues, logs, limits or a link to nodes. `node bare-jobs.ts FOLDER` prints its port.
 */
const folder = process.argv[2] ?? ''
const runnerCount = 4

type Task = { Engine: { Params: { EntryModule: { Source: { Params: { URL: string } } }; Parameters: string[] } } }
type Job = { key: number; id: string; tasks: Task[]; state: string; printed: string; waiting: (() => void)[] }

const database = new DatabaseSync(join(folder, 'state.db'))
database.exec(`
  pragma page_size = 2048; pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full;
  pragma cache_size = -8000; pragma wal_autocheckpoint = 2000;
  create table jobs (job integer primary key, id text, name text, state text, created integer, modified integer, spec text);
  create unique index jobs_by_id on jobs (id);
  create index jobs_by_name on jobs (name);
  create index jobs_by_modified on jobs (modified);
  create table executions (job integer primary key, id text, state text, body text);
  create table history (seq integer primary key, job integer, lines text);
  create index history_by_job on history (job);
`)
const addJob = database.prepare('insert into jobs values (?, ?, ?, ?, ?, ?, ?)')
const addExecution = database.prepare('insert into executions values (?, ?, ?, ?)')
const addHistory = database.prepare('insert into history (job, lines) values (?, ?)')
const setJob = database.prepare('update jobs set state = ?, modified = ? where job = ?')
const setExecution = database.prepare('update executions set state = ?, body = ? where job = ?')

const jobs = new Map<string, Job>()
let writes: (() => void)[] = []
let afterwards: (() => void)[] = []

/** Stores with what else comes in this turn of the event loop, and goes on when that is on the disk. */
function commit(write: () => void, then: () => void): void {
  writes.push(write)
  afterwards.push(then)
  if (writes.length === 1) setImmediate(flush)
}

function flush(): void {
  const [write, then] = [writes, afterwards]
  writes = []
  afterwards = []
  database.exec('begin')
  for (const each of write) each()
  database.exec('commit')
  for (const each of then) each()
}

const line = (job: Job, topic: string) => ({
  JobID: job.id,
  Type: 'JobLevel',
  Topic: topic,
  State: job.state,
  Time: new Date().toISOString(),
})

function submit(body: string, response: ServerResponse): void {
  const { Job: spec } = JSON.parse(body) as { Job: { Name: string; Tasks: Task[] } }
  const job: Job = {
    key: jobs.size + 1,
    id: `j-${randomUUID()}`,
    tasks: spec.Tasks,
    state: 'Running',
    printed: '',
    waiting: [],
  }
  jobs.set(job.id, job)
  const now = Date.now()
  // A module is stored once, however many jobs have it.
  const text = JSON.stringify(spec, (key, value) => (key === 'URL' ? 'stored' : value))
  commit(
    () => {
      addJob.run(job.key, job.id, spec.Name, job.state, now, now, text)
      addExecution.run(job.key, `e-${randomUUID()}`, 'New', JSON.stringify({ job: job.id, desired: 'Running' }))
      addHistory.run(job.key, JSON.stringify(['Submission', 'Placement', 'Bid'].map((topic) => line(job, topic))))
    },
    () => {
      response.end(JSON.stringify({ JobID: job.id }))
      void run(job)
    },
  )
}

async function run(job: Job): Promise<void> {
  job.printed = await printedBy(job.tasks[0] as Task)
  job.state = 'Completed'
  commit(
    () => {
      setJob.run(job.state, Date.now(), job.key)
      setExecution.run('Completed', JSON.stringify({ job: job.id, printed: job.printed }), job.key)
      const topics = ['Accepted', 'Running', 'Completed', 'End']
      addHistory.run(job.key, JSON.stringify(topics.map((topic) => line(job, topic))))
    },
    () => {
      for (const hear of job.waiting.splice(0)) hear()
    },
  )
}

type Runner = { child: ChildProcess; hear: (printed: string) => void; known: Set<string> }
const idle: Runner[] = []
const wanting: ((runner: Runner) => void)[] = []

const free = (runner: Runner): void => {
  const next = wanting.shift()
  if (next) next(runner)
  else idle.push(runner)
}

async function printedBy({ Engine }: Task): Promise<string> {
  const { EntryModule, Parameters } = Engine.Params
  const { URL } = EntryModule.Source.Params
  const runner = idle.pop() ?? (await new Promise<Runner>((taken) => wanting.push(taken)))
  const isKnown = runner.known.has(URL)
  runner.known.add(URL)
  const printed = new Promise<string>((heard) => (runner.hear = heard))
  runner.child.stdin?.write(`${JSON.stringify({ module: isKnown ? '' : URL, args: Parameters })}\n`)
  return printed.finally(() => free(runner))
}

for (let i = 0; i < runnerCount; i++) {
  const script = join(import.meta.dirname, 'bare-runner.ts')
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const runner: Runner = { child, hear: () => {}, known: new Set() }
  createInterface(child.stdout).on('line', (text) => runner.hear(JSON.parse(text) as string))
  free(runner)
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const [, , , , , id = '', of] = (request.url ?? '').split(/[/?]/)
  if (request.method === 'PUT') {
    let body = ''
    request.setEncoding('utf8').on('data', (data: string) => (body += data))
    return void request.on('end', () => submit(body, response))
  }
  const job = jobs.get(id) as Job
  if (of === 'executions') {
    return void response.end(JSON.stringify({ Items: [{ RunOutput: { Stdout: job.printed, ExitCode: 0 } }] }))
  }
  const tell = () => response.end(JSON.stringify({ Job: { ID: id, Revision: 1, State: { StateType: job.state } } }))
  if (job.state === 'Completed') tell()
  else job.waiting.push(tell)
}

const server = createServer(answer)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  console.log(typeof address === 'object' && address?.port)
})
// The runners end with their input.
process.once('SIGTERM', () => process.exit(0))
