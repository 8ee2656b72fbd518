import { describe, expect, it } from 'vitest'
import { defaultsOf } from '../flags.ts'
import { buildJob } from './build-job.ts'
import { jobFlags, taskFlags } from './job-flags.ts'

const built = (isDryRun: boolean, labels: string[] = []) => {
  const flags = { ...defaultsOf({ ...jobFlags, ...taskFlags }), 'task-name': 'main', 'dry-run': isDryRun }
  const output = [{ Name: 'outputs', Path: '/outputs' }]
  return buildJob({ flags: { ...flags, output, labels }, isGiven: () => false }, { Type: 'docker' }, {})
}

describe('buildJob', () => {
  it('leaves results without a publisher to the orchestrator, which may have a default one, and refuses them where it asks none [R131]', () => {
    expect(built(false).spec.Tasks[0]).toMatchObject({ Publisher: { Type: '' }, ResultPaths: [{ Name: 'outputs' }] })
    expect(() => built(true)).toThrow(
      'building job spec: failed to create job: publisher must be set if result paths are set',
    )
  })

  it('says where options of the program stand when one of them was taken for a label', () => {
    expect(() => built(false, ['/in'])).toThrow(
      expect.objectContaining({
        message: expect.stringContaining('building job spec: receieved invalid job labels: key: Invalid value: "/in"'),
        hint: expect.stringContaining('docker run IMAGE -- ls -l'),
      }),
    )
  })
})
