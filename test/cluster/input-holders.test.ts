import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Storage } from '#contracts/storage.ts'
import { yes } from '#contracts/verdict.ts'
import { joinCompute, startOrchestrator } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec } from '../kit/jobs.ts'
import { ScriptedEngine } from '../kit/scripted-engine.ts'
import { testParts } from '../kit/test-parts.ts'
import { until } from '../kit/until.ts'

const { started, stop } = testParts()

/** Has everything, in no time. */
const storage: Storage = {
  types: ['s3'],
  isInstalled: async () => yes,
  isLocal: async () => false,
  sizeBytes: async () => 0,
  prepare: async (input, { directory }) => ({
    input,
    hostPath: directory,
    kind: 'directory',
    guestPath: input.Target,
    isReadOnly: true,
  }),
}

const names = ['east', 'west', 'north', 'south']

async function fourNodes(folder: string) {
  const cluster = started(await startOrchestrator({}, join(folder, 'orchestrator.db')))
  const nodes = names.map(async (name) => {
    const engines = [new ScriptedEngine('noop', async () => ({ exitCode: 0 }))]
    const databasePath = join(folder, `${name}.db`)
    return started(await joinCompute(cluster.port, name, { engines, storages: [storage], databasePath }))
  })
  const parts = [...(await Promise.all(nodes)), cluster]
  await until('all are connected', async () => {
    const listed = await cluster.nodes.list()
    return listed.filter(({ ConnectionState }) => ConnectionState.Status === 'CONNECTED').length === names.length
  })
  const nodeOf = async (Key: string) => {
    const InputSources = [{ Source: { Type: 's3', Params: { Bucket: 'b', Key } }, Alias: '', Target: '/in' }]
    const id = await submitSpec(cluster.jobs, { Tasks: jobSpec().Tasks.map((task) => ({ ...task, InputSources })) })
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    return (await cluster.jobs.executions(id))[0]?.NodeID
  }
  return {
    nodeOf,
    stop: async () => {
      for (const part of parts) await stop(part)
    },
  }
}

it('a job goes where one with the same input has run, as long as there is room, also after a restart of all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bacalhau-holders-'))
  const before = await fourNodes(folder)
  const first = await before.nodeOf('a')
  for (let job = 0; job < 3; job++) expect(await before.nodeOf('a')).toBe(first)
  await before.stop()
  const after = await fourNodes(folder)
  for (let job = 0; job < 3; job++) expect(await after.nodeOf('a')).toBe(first)
  await after.stop()
  rmSync(folder, { recursive: true })
})
