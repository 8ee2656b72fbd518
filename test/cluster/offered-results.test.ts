import { hash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import type { ReadPart } from '#contracts/archive.ts'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { Publisher } from '#contracts/publisher.ts'
import { yes } from '#contracts/verdict.ts'
import { Fault } from '#lib/fault.ts'
import type { NodeId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { resultLimits } from '#providers/bring-archive.ts'
import { LinkPublisher } from '#providers/link/publisher.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { unpackTarGz } from '#providers/unpack-tar.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { seededBytes } from '../kit/seeded-bytes.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

/** Base64 of chance, so that the archive has several chunks. */
const output = seededBytes(3_000_000).toString('base64')

const neverBack = {
  readUpload: () => Promise.reject(new Fault('NotFound', 'nothing comes back')),
  unpackResult: async () => {},
}

/** A job of publisher `link` to its end, on a node that reads what it offers in this way. */
const publishedBy = async (read: ReadPart) => {
  const root = await mkdtemp(join(tmpdir(), 'bacalhau-offered-'))
  started({ stop: () => rm(root, { recursive: true }) })
  const results = new ResultFiles({ directory: join(root, 'taken'), read: readPart })
  const cluster = started(await startOrchestrator({}, ':memory:', () => {}, results))
  const engine = new ScriptedEngine('noop', async ({ logs }) => {
    await logs.write(1, Buffer.from(output))
    return { exitCode: 0 }
  })
  const settings = { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') }
  await mkdir(settings.directory)
  const parts = { clock: new SystemClock(), write: writeArchive, read, ...neverBack }
  const node = await joinCompute(cluster.port, 'east', {
    engines: [engine],
    publishersOf: (end) => [
      new LinkPublisher(settings, { ...parts, offer: (offer) => end.takeResult('east' as NodeId, offer) }),
    ],
  })
  started(node)
  await until('it is connected', async () =>
    (await cluster.nodes.list()).some(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED'),
  )
  const Tasks = jobSpec().Tasks.map((task) => ({ ...task, Publisher: { Type: 'link' } }))
  const id = await submitSpec(cluster.jobs, { Tasks })
  const { State } = await endOf(cluster.jobs, id)
  expect(State.StateType, State.Message).toBe('Completed')
  const [execution] = await cluster.jobs.executions(id)
  const { items } = await cluster.jobs.history(id, 'since-1.5', 0, 100)
  const kept = await results.read({ executionId: execution!.ID, offset: 0, limitBytes: 1e9 })
  return { history: items.map(({ Event }) => Event.Message), kept, told: execution?.PublishedResult?.Params }
}

it('a result that its node reads wrong from its disk is packed anew when a chunk of it came wrong three times [F4]', async () => {
  let wrongs = 3
  const { history, kept, told } = await publishedBy(async (path, offset, limitBytes) => {
    const part = await readPart(path, offset, limitBytes)
    const isWrong = offset === 0 && limitBytes > 0 && wrongs-- > 0
    return part && isWrong ? { ...part, bytes: Buffer.alloc(part.bytes.length) } : part
  })
  expect(wrongs).toBeLessThan(0)
  expect(history.join('\n')).toMatch(
    /published again in 1s: chunk [0-9a-f]{64} of the result of e-\S+ came 3 times as something else/,
  )
  expect(hash('sha256', kept?.bytes ?? '')).toBe(told?.['SHA256'])
})

/**
 * A job whose publisher fails where it is first asked, for a trouble of that node, and takes the result the second time, to its end on
 * two nodes. `isKept`: the orchestrator still has what it took over the link by then.
 */
const publishedAgain = async (isKept: boolean) => {
  const root = await mkdtemp(join(tmpdir(), 'bacalhau-again-'))
  started({ stop: () => rm(root, { recursive: true }) })
  const results = new ResultFiles({ directory: join(root, 'taken'), read: readPart })
  if (!isKept) results.readChunk = async () => undefined
  const cluster = started(await startOrchestrator({}, ':memory:', () => {}, results))
  let runs = 0
  const engine = () =>
    new ScriptedEngine('noop', async ({ logs }) => {
      runs += 1
      await logs.write(1, Buffer.from(output))
      return { exitCode: 3 }
    })
  const taken: string[][] = []
  let asked = 0
  const shaky: Publisher = {
    type: 'shaky',
    isInstalled: async () => yes,
    accepts: async () => yes,
    publish: async ({ resultDirectory }) => {
      if (asked++ === 0) throw new Fault('Forbidden', 'old credentials', { details: { FailureClass: 'node' } })
      const names = ['stdout', 'exitCode']
      taken.push(await Promise.all(names.map((name) => readFile(join(resultDirectory, name), 'utf8'))))
      return { Type: 'shaky' }
    },
  }
  for (const name of ['east', 'west'] as NodeId[]) {
    const settings = { directory: join(root, name), comingDirectory: join(root, `${name}-coming`) }
    await mkdir(settings.directory)
    const parts = {
      clock: new SystemClock(),
      write: writeArchive,
      read: readPart,
      unpackResult: (source: Readable, directory: string, signal: AbortSignal) =>
        unpackTarGz(source, directory, resultLimits, signal),
    }
    const linkOf = (end: OrchestratorEnd) =>
      new LinkPublisher(settings, {
        ...parts,
        offer: (offer) => end.takeResult(name, offer),
        readUpload: (query) => end.readUpload(name, query),
      })
    const publishersOf = (end: OrchestratorEnd) => [shaky, linkOf(end)]
    started(await joinCompute(cluster.port, name, { engines: [engine()], publishersOf }))
  }
  const isConnected = ({ ConnectionState }: { ConnectionState: { Status: string } }) =>
    ConnectionState.Status === 'CONNECTED'
  await until('both are connected', async () => (await cluster.nodes.list()).filter(isConnected).length === 2)
  const Tasks = jobSpec().Tasks.map((task) => ({ ...task, Publisher: { Type: 'shaky' } }))
  const id = await submitSpec(cluster.jobs, { Tasks, Reschedule: { Attempts: 2, Delay: 1 } })
  const { State } = await endOf(cluster.jobs, id)
  const executions = await cluster.jobs.executions(id)
  const { items } = await cluster.jobs.history(id, 'since-1.5', 0, 100)
  return { State, executions, taken, runs: () => runs, history: items.map(({ Event }) => Event.Message).join('\n') }
}

it('a result whose publisher failed on its node is published by the next attempt, and its program does not run again', async () => {
  const { State, executions, taken, runs, history } = await publishedAgain(true)
  expect(State.StateType, State.Message).toBe('Completed')
  expect(runs()).toBe(1)
  expect(taken).toEqual([[output, '3']])
  const [first, second] = executions
  expect([first?.ComputeState.StateType, first?.FailureClass, second?.ComputeState.StateType]).toEqual([
    ...['Failed', 'node', 'Completed'],
  ])
  expect(second?.KeptResult).toEqual(first?.PublishedResult)
  expect(second?.RunOutput).toMatchObject({ ExitCode: 3, Stdout: output.slice(0, 2048) })
  expect(history).toContain('The result of the earlier attempt is published: its program does not run again')
})

it('a result that is kept no more is made again', async () => {
  const { State, runs, taken, history } = await publishedAgain(false)
  expect([State.StateType, runs(), taken]).toEqual(['Completed', 2, [[output, '3']]])
  expect(history).toContain('is kept no more: its program runs again')
})
