import type { BodyName } from '#api/openapi/components.ts'
import { waitingJob } from '../../kit/plain-http.ts'

/** A job that uses every field of a specification, and still waits for a node that will not come. */
const wholeJob = {
  ...waitingJob(),
  Name: 'whole',
  Namespace: 'default',
  Priority: 1,
  Count: 1,
  Meta: { a: 'b' },
  Labels: { c: 'd' },
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'docker', Params: { Image: 'busybox', Entrypoint: ['sh'], Parameters: ['-c', 'true'] } },
      Publisher: { Type: 's3', Params: { Bucket: 'b', Key: 'k', Compress: true } },
      Env: { A: 'b' },
      Meta: { e: 'f' },
      InputSources: [
        { Source: { Type: 'localDirectory', Params: { SourcePath: '/data', ReadWrite: false } }, Target: '/in' },
        { Source: { Type: 'urlDownload', Params: { URL: 'http://127.0.0.1:1/x' } }, Alias: 'x', Target: '/x' },
      ],
      ResultPaths: [{ Name: 'out', Path: '/outputs' }],
      Resources: { CPU: '1', Memory: '1Gb', Disk: '1Gb', GPU: '0' },
      Network: { Type: 'HTTP', Domains: ['example.com'] },
      Timeouts: { ExecutionTimeout: 60, QueueTimeout: 600, TotalTimeout: 900 },
    },
  ],
}

/** A program for a node of the cluster: it is missing, so that it ends as soon as it began. */
const runningJob = {
  Type: 'batch',
  Count: 1,
  Tasks: [
    {
      Name: 'main',
      Engine: { Type: 'wasm', Params: { EntryModule: '/main.wasm', Entrypoint: '_start', Parameters: ['a'] } },
      InputSources: [
        { Source: { Type: 'inline', Params: { URL: 'data:application/wasm;base64,AA==' } }, Target: '/main.wasm' },
      ],
      ResultPaths: [{ Name: 'out', Path: '/outputs' }],
      Resources: { CPU: '100m', Memory: '64Mb' },
      Timeouts: { TotalTimeout: 20 },
    },
  ],
}

/** Bodies that are right, by the form they have: what is mutated. A new form does not compile without some. */
export const seedBodies: Record<BodyName, readonly object[]> = {
  Submit: [{ Job: waitingJob() }, { Job: wholeJob, Force: true }, { Job: runningJob }],
  SubmitBatch: [{ Jobs: [waitingJob(), wholeJob] }],
  ChunkList: [{ Form: 'file', IsExecutable: true, Chunks: [{ SHA256: '0'.repeat(64), SizeBytes: 5 }] }],
  Stop: [{ reason: 'enough' }],
  ClientVersion: [{ client_id: 'x' }],
  Nothing: [{}],
  Rerun: [{ JobVersion: 1, Reason: 'again' }],
  NodeAction: [{ Action: 'approve', Message: 'welcome', NodeID: 'n-none' }],
  Authenticate: [{ Name: 'clientkey', MethodData: '{"PhraseSignature":"YQ==","PublicKey":"YQ=="}' }],
}
