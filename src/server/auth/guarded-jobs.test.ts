import { expect, it } from 'vitest'
import type { JobsApi } from '#contracts/control-plane.ts'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { guardedJobs } from './guarded-jobs.ts'

it('who may not submit to a namespace sends nothing to it, neither a beginning nor a chunk', async () => {
  const sent: string[] = []
  const jobs = partOf<JobsApi>({
    beginUpload: async (namespace: string) => {
      sent.push(`begin ${namespace}`)
      return { id: '', missing: [] }
    },
    takeChunk: async (namespace: string) => void sent.push(`chunk ${namespace}`),
  })
  const guarded = guardedJobs(jobs, {
    may: (deed, namespace) => deed === 'submit' && namespace === 'own',
    denied: (deed) => new Fault('Forbidden', deed),
  })
  const list = { Form: 'file', IsExecutable: false, Chunks: [] } as const
  for (const namespace of ['own', 'others']) {
    const asked = [() => guarded.beginUpload(namespace, { ...list, Chunks: [] }), () => chunk(namespace)]
    for (const ask of asked) {
      if (namespace === 'own') await ask()
      else await expect(ask()).rejects.toMatchObject({ code: 'Forbidden' })
    }
  }
  expect(sent).toEqual(['begin own', 'chunk own'])

  async function* nothing(): AsyncGenerator<Uint8Array> {}
  function chunk(namespace: string): Promise<void> {
    return guarded.takeChunk(namespace, 'id', 'digest', nothing())
  }
})
