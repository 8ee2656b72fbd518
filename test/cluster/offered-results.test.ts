import { hash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { ReadPart } from '#contracts/archive.ts'
import type { NodeId } from '#models/ids.ts'
import { SystemClock } from '#platform/clock.ts'
import { openSqlite } from '#platform/sqlite.ts'
import { LinkPublisher } from '#providers/link/publisher.ts'
import { ResultFiles } from '#providers/link/result-files.ts'
import { readPart } from '#providers/read-part.ts'
import { writeArchive } from '#providers/write-archive.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started } = testParts()

/** Base64 of chance, so that the archive has several chunks. */
const output = randomBytes(3_000_000).toString('base64')

/** A job of publisher `link` to its end, on a node that reads what it offers in this way. */
const publishedBy = async (read: ReadPart) => {
  const root = await mkdtemp(join(tmpdir(), 'bacalhau-offered-'))
  started({ stop: () => rm(root, { recursive: true }) })
  const results = new ResultFiles({ directory: join(root, 'taken'), read: readPart })
  const cluster = started(await startOrchestrator({}, openSqlite(':memory:'), () => {}, results))
  const engine = new ScriptedEngine('noop', async ({ logs }) => {
    await logs.write(1, Buffer.from(output))
    return { exitCode: 0 }
  })
  const settings = { directory: join(root, 'offered'), comingDirectory: join(root, 'coming') }
  await mkdir(settings.directory)
  const parts = { clock: new SystemClock(), write: writeArchive, read }
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
