import { describe, expect, it } from 'vitest'
import type { InputSpec } from '#lib/spec-text/input-spec.ts'
import { defaultsOf } from '../flags.ts'
import { buildJob } from './build-job.ts'
import { jobFlags, taskFlags } from './job-flags.ts'
import { parseInput } from './local-input.ts'

const built = (isDryRun: boolean, labels: string[] = [], input: InputSpec[] = []) => {
  const flags = { ...defaultsOf({ ...jobFlags, ...taskFlags }), 'task-name': 'main', 'dry-run': isDryRun }
  const output = [{ Name: 'outputs', Path: '/outputs' }]
  return buildJob({ flags: { ...flags, output, labels, input }, isGiven: () => false }, { Type: 'docker' }, {})
}

describe('buildJob', () => {
  it('leaves results without a publisher to the orchestrator, which may have a default one, and refuses them where it asks none [R131]', () => {
    expect(built(false).spec.Tasks[0]).toMatchObject({ Publisher: { Type: '' }, ResultPaths: [{ Name: 'outputs' }] })
    expect(() => built(true)).toThrow(
      'building job spec: failed to create job: publisher must be set if result paths are set',
    )
  })

  it('puts a file of this machine wherever it is wanted; what is fetched has its alias once, as ever', () => {
    const twice = (source: string) => built(false, [], [`${source}:/a`, `${source}:/b`].map(parseInput))
    expect(twice('./f').spec.Tasks[0]?.InputSources).toMatchObject([
      { Alias: './f', Target: '/a' },
      { Alias: '', Target: '/b' },
    ])
    expect(() => twice('https://example.com/f')).toThrow('input source with alias https://example.com/f already exist')
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
