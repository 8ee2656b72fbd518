import { describe, expect, it } from 'vitest'
import { defaultsOf } from '../flags.ts'
import { buildJob } from './build-job.ts'
import { jobFlags, taskFlags } from './job-flags.ts'

const built = (isDryRun: boolean) => {
  const flags = { ...defaultsOf({ ...jobFlags, ...taskFlags }), 'task-name': 'main', 'dry-run': isDryRun }
  const output = [{ Name: 'outputs', Path: '/outputs' }]
  return buildJob({ flags: { ...flags, output }, isGiven: () => false }, { Type: 'docker' }, {})
}

describe('buildJob', () => {
  it('leaves results without a publisher to the orchestrator, which may have a default one, and refuses them where it asks none [R131]', () => {
    expect(built(false).spec.Tasks[0]).toMatchObject({ Publisher: { Type: '' }, ResultPaths: [{ Name: 'outputs' }] })
    expect(() => built(true)).toThrow(
      'building job spec: failed to create job: publisher must be set if result paths are set',
    )
  })
})
