import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Change, EndedJob, EndedJobs, Store } from '#contracts/store.ts'
import { computeStateNames } from '#models/execution-state.ts'
import { jobStateNames } from '#models/job-state.ts'
import { aJob, aLine, aNode, anExecution, executionId, jobId, nodeId, someWork, startNs } from './store-fixtures.ts'
import { applyTo, copyOf, emptyState, isOver, liveOf, type ModelState } from './store-model.ts'
import { openAt, type StoreUnderTest } from './store-under-test.ts'

const ids = fc.integer({ min: 1, max: 4 })
const revisions = fc.integer({ min: 1, max: 4 })
const few = <Item>(item: fc.Arbitrary<Item>) => fc.array(item, { maxLength: 2 })
const peers = fc.constantFrom('orchestrator', nodeId(1))

const jobs = fc
  .record({
    n: ids,
    Revision: revisions,
    Version: fc.integer({ min: 1, max: 3 }),
    Namespace: fc.constantFrom('default', 'other'),
    Name: fc.constantFrom('a', 'b'),
    state: fc.constantFrom(...jobStateNames.slice(1)),
    Labels: fc.constantFrom<Record<string, string>>({}, { a: '1' }, { a: '2', b: '' }),
    Meta: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { maxKeys: 2 }),
    time: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ n, state, time, ...change }) =>
    aJob(n, { ...change, State: { StateType: state }, ModifyTime: startNs + BigInt(time) }),
  )

const executions = fc
  .record({ n: ids, Revision: revisions, node: ids, state: fc.constantFrom(...computeStateNames) })
  .map(({ n, Revision, state }) =>
    anExecution(n, {
      JobID: jobId(Math.ceil(n / 2)),
      Revision,
      NodeID: nodeId((n % 2) + 1),
      ComputeState: { StateType: state },
    }),
  )

const works = fc
  .record({ n: ids, state: fc.constantFrom('New' as const, 'Queued' as const, 'Running' as const), job: jobs })
  .map(({ n, state, job }) => someWork(n, { state, order: { execution: anExecution(n), job } }))

const messages = fc.oneof(
  fc.record({ Kind: fc.constant('AskForBid' as const), Body: fc.record({ Execution: executions, Job: jobs }) }),
  fc.record({
    Kind: fc.constant('RunStarted' as const),
    Body: fc.record({ ExecutionID: ids.map(executionId), Epoch: ids, StartTime: fc.bigInt(0n, 2n ** 62n) }),
  }),
)

const ended = fc.record({ id: ids.map(jobId), expectedRevision: revisions })

const changes: fc.Arbitrary<Change> = fc.record(
  {
    inbox: fc.record({ peer: peers, senderStoreId: fc.constantFrom('a', 'b'), seq: ids }),
    removeJobs: few(ended),
    removeHistory: few(ended),
    insertJobs: few(jobs),
    updateJobs: few(
      fc
        .record({ expectedRevision: revisions, job: jobs })
        .map(({ expectedRevision, job }) => ({ expectedRevision, id: job.ID, job: { ...job, Version: 3 } })),
    ),
    insertExecutions: few(executions),
    updateExecutions: few(
      fc
        .record({ expectedRevision: revisions, execution: executions })
        .map((update) => ({ ...update, id: update.execution.ID })),
    ),
    putWork: few(works),
    updateWork: few(
      fc.record({
        executionId: ids.map(executionId),
        expected: fc.constantFrom(['New'], ['New', 'Queued'], ['Running']) as fc.Arbitrary<('New' | 'Queued')[]>,
        state: fc.constantFrom('Queued' as const, 'Running' as const),
      }),
    ),
    removeWork: few(ids.map(executionId)),
    putNodes: few(ids.map(aNode)),
    removeNodes: few(ids.map(nodeId)),
    outbox: few(fc.record({ peer: peers, message: messages })),
    acked: few(fc.record({ peer: peers, seq: fc.integer({ min: 0, max: 9 }) })),
    resetPeers: fc.array(peers, { maxLength: 1 }),
    putFacts: fc.dictionary(fc.constantFrom('a', 'b'), fc.string({ unit: 'binary' }), { maxKeys: 2 }),
  },
  { requiredKeys: [] },
)

type Step =
  | { kind: 'change'; change: Change; isFitted: boolean; failsAtWrite: number | undefined }
  | { kind: 'flush' }
  | { kind: 'failing flush' }
  | { kind: 'reopen' }

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      change: changes,
      isFitted: fc.integer({ min: 0, max: 9 }).map((n) => n < 8),
      failsAtWrite: fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined, freq: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'failing flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
)

/** A change as a role would make it: it knows the rows. Left as it comes, nearly every change is a conflict. */
function fitted(state: ModelState, change: Change): Change {
  const after = copyOf(state)
  const fits = (part: Change) => applyTo(after, part) === 'applied'
  const {
    inbox,
    removeJobs,
    removeHistory,
    insertJobs,
    updateJobs,
    insertExecutions,
    updateExecutions,
    putWork,
    updateWork,
    ...rest
  } = change
  const seq = inbox && (state.inbox[`${inbox.peer}/${inbox.senderStoreId}`] ?? 0) + 1
  return {
    ...rest,
    ...(inbox && seq ? { inbox: { ...inbox, seq } } : {}),
    removeJobs: (removeJobs ?? [])
      .map((removal) => atRevision(after, removal))
      .filter((removal) => fits({ removeJobs: [removal] })),
    removeHistory: (removeHistory ?? [])
      .map((removal) => atRevision(after, removal))
      .filter((removal) => fits({ removeHistory: [removal] })),
    insertJobs: insertJobs?.filter((job) => fits({ insertJobs: [job] })) ?? [],
    updateJobs: (updateJobs ?? []).flatMap(({ id, job }) => {
      const old = after.jobs.find((other) => other.ID === id)
      const Version = Math.max(job.Version, old?.Version ?? 0)
      const next = { ...job, Version, CreateTime: old?.CreateTime ?? 0n, Revision: (old?.Revision ?? 0) + 1 }
      const update = { id, expectedRevision: old?.Revision ?? 0, job: next }
      return fits({ updateJobs: [update] }) ? [update] : []
    }),
    insertExecutions: insertExecutions?.filter((execution) => fits({ insertExecutions: [execution] })) ?? [],
    updateExecutions: (updateExecutions ?? []).flatMap(({ id, execution }) => {
      const old = after.executions.find((other) => other.ID === id)
      const next = { ...execution, Revision: (old?.Revision ?? 0) + 1 }
      const update = { id, expectedRevision: old?.Revision ?? 0, execution: next }
      return fits({ updateExecutions: [update] }) ? [update] : []
    }),
    putWork: putWork?.filter((row) => fits({ putWork: [row] })) ?? [],
    updateWork: updateWork?.filter((update) => fits({ updateWork: [update] })) ?? [],
  }
}

const atRevision = (state: ModelState, { id }: EndedJob): EndedJob => ({
  id,
  expectedRevision: state.jobs.find((job) => job.ID === id)?.Revision ?? 0,
})

/** History needs its job and execution: the rest is up to the generator. */
const withHistory = (state: ModelState, change: Change): Change => {
  const after = copyOf(state)
  if (applyTo(after, change) !== 'applied' || after.jobs.length === 0) return change
  const lines = after.jobs.map((job) => aLine({ JobID: job.ID, NewRevision: job.Revision }))
  const [execution] = after.executions
  if (execution) lines.push(aLine({ JobID: execution.JobID, ExecutionID: execution.ID, NodeID: execution.NodeID }))
  return { ...change, history: lines }
}

const byId = <Item extends { ID: string }>(items: readonly Item[]) => items.toSorted((a, b) => (a.ID < b.ID ? -1 : 1))
const byNode = (nodes: ModelState['nodes']) => nodes.toSorted((a, b) => (a.Info.NodeID < b.Info.NodeID ? -1 : 1))

async function expectSame(store: Store, state: ModelState): Promise<void> {
  expect((await store.jobs({}, 'id', false, 100)).items).toEqual(byId(state.jobs))
  for (const job of state.jobs) {
    const ended = state.ended.filter((other) => other.ID === job.ID)
    expect(await store.jobVersions(job.ID)).toEqual([...ended, job])
    const ofJob = state.executions.filter((execution) => execution.JobID === job.ID)
    expect(await store.executionsOfJob(job.ID)).toEqual(ofJob)
    expect(await store.history(job.ID, 0, 1_000)).toEqual(state.history.filter((line) => line.JobID === job.ID))
  }
  expect(await store.liveExecutions()).toEqual(liveOf(state))
  const live = state.jobs.filter((job) => ['Pending', 'Queued', 'Running'].includes(job.State.StateType))
  expect(await store.jobIdsInStates(['Pending', 'Queued', 'Running'])).toEqual(live.map((job) => job.ID))
  expect(await store.workInStates(['New', 'Queued', 'Running'])).toEqual(state.work.map(({ isShort, ...row }) => row))
  await expectSameEnded(store, state)
  expect(await store.nodes()).toEqual(byNode(state.nodes))
  for (const peer of ['orchestrator', nodeId(1)]) {
    expect(await store.outbox(peer, 0, 100)).toEqual(
      state.outbox.filter((row) => row.peer === peer).map(({ isShort, ...row }) => row),
    )
    for (const sender of ['a', 'b'])
      expect(await store.inboxSeq(peer, sender)).toBe(state.inbox[`${peer}/${sender}`] ?? 0)
  }
  for (const name of ['a', 'b']) expect(await store.fact(name)).toBe(state.facts[name])
}

async function expectSameEnded(store: Store, state: ModelState): Promise<void> {
  for (const before of [startNs, startNs + 3n, startNs + 100n]) {
    const over = state.jobs.filter((job) => job.ModifyTime < before && isOver(state, job))
    const found = async (which: EndedJobs) => (await store.endedJobs(which, before, 100)).map(({ id }) => id).sort()
    expect(await found('all')).toEqual(over.map((job) => job.ID).sort())
    const withHistory = over.filter((job) => !state.withoutHistory.includes(job.ID))
    expect(await found('with history')).toEqual(withHistory.map((job) => job.ID).sort())
  }
}

/** Runs the steps on the store and on the model; they must agree after each. */
async function run(path: string, plan: readonly Step[]): Promise<void> {
  const open = () => openAt(path, 1)
  let under: StoreUnderTest = await open()
  let durable = emptyState()
  let state = emptyState()
  for (const step of plan) {
    if (step.kind === 'change') state = await runChange(under, state, step)
    if (step.kind === 'flush') under.flush()
    if (step.kind === 'failing flush') {
      under.failNextCommit()
      under.flush()
      under.stopFailing()
      state = durable
    }
    if (step.kind === 'reopen') {
      await under.store.close()
      under = await open()
    }
    if (step.kind !== 'change') durable = state
    await expectSame(under.store, state)
  }
  await under.store.close()
}

async function runChange(under: StoreUnderTest, state: ModelState, step: Extract<Step, { kind: 'change' }>) {
  const change = withHistory(state, step.isFitted ? fitted(state, step.change) : step.change)
  const next = copyOf(state)
  const expected = applyTo(next, change)
  if (step.failsAtWrite !== undefined) under.failWrite(step.failsAtWrite)
  try {
    const outcome = await under.store.commit(change)
    expect(outcome.kind).toBe(expected)
  } catch (error) {
    expect(error).toMatchObject({ code: 'StorageFull' })
    expect(step.failsAtWrite).toBeDefined()
    return state
  } finally {
    under.stopFailing()
  }
  return expected === 'applied' ? next : state
}

describe('the store and its model', () => {
  it('agree after every step of any life, with failing writes, failing commits and restarts [I1]', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-model-'))
    let runs = 0
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 25 }), (plan) =>
          run(join(folder, `${runs++}.db`), plan),
        ),
        { numRuns: 100 },
      )
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }, 60_000)
})
