import type { JobSpec } from '#models/job.ts'

/** A normalised specification for tests; `change` says what differs. */
export const jobSpec = (change: Partial<JobSpec> = {}): JobSpec => ({
  Name: '',
  Namespace: 'default',
  Type: 'batch',
  Priority: 0,
  Count: 1,
  Constraints: [],
  Meta: {},
  Labels: {},
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'noop' },
      Publisher: { Type: '' },
      Env: {},
      Meta: {},
      InputSources: [],
      ResultPaths: [],
      Resources: {},
      Network: { Type: 'None' },
      Timeouts: {},
    },
  ],
  ...change,
})
