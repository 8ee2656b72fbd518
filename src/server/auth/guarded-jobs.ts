import type { JobsApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import type { JobId } from '#models/ids.ts'
import { jobNotFound, multipleFound } from '#orchestrator/jobs/resolve.ts'
import type { Deed, Rights } from './rights.ts'

/** The jobs as somebody sees them who may not see all namespaces: the others' jobs are not there. */
export function guardedJobs(jobs: JobsApi, rights: Rights): JobsApi {
  const need = async (id: JobId, deed: Deed): Promise<void> => {
    const { Namespace } = await jobs.get(id)
    if (!rights.may('look', Namespace)) throw jobNotFound(id)
    if (!rights.may(deed, Namespace)) throw rights.denied(deed)
  }
  const after = async <Value>(id: JobId, deed: Deed, act: () => Promise<Value>): Promise<Value> => {
    await need(id, deed)
    return act()
  }
  return {
    async submit(submission) {
      if (!rights.may('submit', submission.spec.Namespace || 'default')) throw rights.denied('submit')
      return jobs.submit(submission)
    },

    async beginUpload(namespace, chunks) {
      if (!rights.may('submit', namespace)) throw rights.denied('submit')
      return jobs.beginUpload(namespace, chunks)
    },

    async takeChunk(namespace, ...chunk) {
      if (!rights.may('submit', namespace)) throw rights.denied('submit')
      return jobs.takeChunk(namespace, ...chunk)
    },

    async diff(submission) {
      if (!rights.may('look', submission.spec.Namespace || 'default')) throw rights.denied('look')
      return jobs.diff(submission)
    },

    async plan(submission) {
      if (!rights.may('look', submission.spec.Namespace || 'default')) throw rights.denied('look')
      return jobs.plan(submission)
    },

    async resolve(idOrName, namespace) {
      const id = await jobs.resolve(idOrName, namespace).catch((error: unknown) => {
        // The sentence would name the jobs of others.
        if (error instanceof Fault && error.code === 'MultipleFound') throw multipleFound(idOrName)
        throw error
      })
      const { Namespace } = await jobs.get(id)
      if (!rights.may('look', Namespace)) throw jobNotFound(idOrName)
      return id
    },

    list(filter, order, isReversed, limit, cursor) {
      const { namespace } = filter
      if (namespace !== undefined && !rights.may('list', namespace)) throw rights.denied('list')
      const seen = { ...filter, seesNamespace: (name: string) => rights.may('list', name) }
      return jobs.list(seen, order, isReversed, limit, cursor)
    },

    get: (id, version) => after(id, 'look', () => jobs.get(id, version)),
    versions: (id) => after(id, 'look', () => jobs.versions(id)),
    executions: (id, version) => after(id, 'look', () => jobs.executions(id, version)),
    why: (id) => after(id, 'look', () => jobs.why(id)),
    history: (id, ...which) => after(id, 'look', () => jobs.history(id, ...which)),
    wait: (id, ...until) => after(id, 'look', () => jobs.wait(id, ...until)),
    rerun: (id, version, reason) => after(id, 'submit', () => jobs.rerun(id, version, reason)),
    stop: (id, reason) => after(id, 'stop', () => jobs.stop(id, reason)),
    results: (id) => after(id, 'output', () => jobs.results(id)),
    keptResult: (id, executionId) => after(id, 'output', () => jobs.keptResult(id, executionId)),

    logged: (id, ...which) => after(id, 'output', () => jobs.logged(id, ...which)),
    successor: (id, ...which) => after(id, 'output', () => jobs.successor(id, ...which)),

    async *logs(id, query, signal, tell) {
      await need(id, 'output')
      yield* jobs.logs(id, query, signal, tell)
    },
  }
}
