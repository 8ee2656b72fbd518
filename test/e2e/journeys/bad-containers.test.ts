import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { busyboxImage } from '../../kit/busybox-image.ts'
import { type ImageRegistry, imageRegistry } from '../../kit/image-registry.ts'
import { memoryEater } from '../../kit/memory-eater.ts'
import { localInput, Product, type Server } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { ended } from '../crash/processes.ts'

type Row = {
  what: string
  params: object
  task?: object
  /** Why and whose; a job that is refused at once has no class. A program that harms nobody is left to end by itself. */
  ends: {
    state: 'Completed' | 'Failed' | 'refused'
    class?: 'user' | 'resource' | 'node' | 'transient'
    message?: string | RegExp
  }
}

const sh = (script: string) => ({ Image: 'busybox', Entrypoint: ['/bin/sh', '-c', script] })
const outputs = { ResultPaths: [{ Name: 'out', Path: '/out' }], Publisher: { Type: 'local' } }
const local = (SourcePath: string) => ({
  InputSources: [localInput(SourcePath, '/in')],
})
const inlineAt = (Target: string) => ({
  InputSources: [{ Source: { Type: 'inline', Params: { URL: 'data:,x' } }, Target }],
})
const deep = 'n'.repeat(120)

/** Addresses of parts that are known only when the suite runs. */
const [registry, foreignRegistry, engineSocket] = ['REGISTRY', 'FOREIGN', 'SOCKET']

const rows: Row[] = [
  {
    what: 'an image that its registry does not have',
    params: { Image: `127.0.0.1:${registry}/test/nothing:1` },
    ends: { state: 'Failed', class: 'user', message: /^Could not inspect image ".*\/nothing:1" - .*manifest unknown/ },
  },
  {
    what: 'an image of another platform',
    params: { Image: `127.0.0.1:${foreignRegistry}/test/tool:1` },
    // Another node may have that platform, so it is nobody's failure.
    ends: { state: 'Failed', message: /does not support the available image platforms \[linux\/s390x\]/ },
  },
  {
    what: 'a program that the image does not have',
    params: { Image: 'busybox', Entrypoint: ['/no/such/program'] },
    ends: { state: 'Failed', class: 'user', message: /"\/no\/such\/program".*no such file/ },
  },
  {
    what: 'a memory bomb',
    params: sh(memoryEater),
    task: { Resources: { CPU: '0.1', Memory: '32mb' } },
    ends: { state: 'Failed', class: 'resource', message: 'execution error: memory limit exceeded' },
  },
  {
    what: 'a fork bomb',
    params: { Image: 'busybox', Entrypoint: ['awk', 'BEGIN { while (1) system("sleep 600 &") }'] },
    ends: { state: 'Failed', class: 'resource', message: /^execution error: process limit exceeded: 40 / },
  },
  {
    what: 'a program that fills the disk',
    params: sh('dd if=/dev/zero of=/file bs=1M count=30; sleep 600'),
    task: { Resources: { CPU: '0.1', Disk: '20mb' } },
    ends: { state: 'Failed', class: 'resource', message: /disk limit exceeded: \d+ bytes written, 20000000 allowed/ },
  },
  {
    what: 'one that fills it where only the engine writes, and ends at once',
    params: sh('dd if=/dev/zero of=/etc/hosts bs=1M count=30'),
    task: { Resources: { CPU: '0.1', Disk: '20mb' } },
    ends: { state: 'Failed', class: 'resource', message: /disk limit exceeded: \d+ bytes written, 20000000 allowed/ },
  },
  {
    what: 'output without end and without a line',
    params: sh('head -c 40000000 /dev/zero'),
    task: { Resources: { CPU: '1' } },
    ends: { state: 'Completed' },
  },
  {
    what: 'output that is no text',
    params: sh('head -c 1000 /dev/urandom; head -c 1000 /dev/urandom >&2'),
    ends: { state: 'Completed' },
  },
  {
    what: 'links among the results that lead out of them',
    params: sh('ln -s /etc/passwd /out/a; ln -s ../../.. /out/b; echo kept > /out/c'),
    task: outputs,
    ends: { state: 'Completed' },
  },
  {
    what: 'results deeper than a path can name',
    params: sh(`cd /out; for n in $(seq 1 50); do mkdir ${deep} && cd -P ${deep} || break; done; true`),
    task: outputs,
    ends: { state: 'Failed', class: 'user', message: 'the folder has folders deeper than a path can name' },
  },
  {
    what: 'an input that lands outside by dots',
    params: sh('true'),
    task: inlineAt('/in/../../etc/passwd'),
    ends: { state: 'refused', message: /must not contain \.\./ },
  },
  {
    what: 'an input that lands among the files of the system',
    params: sh('true'),
    task: inlineAt('/proc/1'),
    ends: { state: 'refused', message: /lies in a system folder/ },
  },
  {
    what: 'a result whose name leads out of its folder',
    params: sh('true'),
    task: { ...outputs, ResultPaths: [{ Name: '../../escaped', Path: '/out' }] },
    ends: { state: 'refused', message: /must be a plain name/ },
  },
  ...['Full', 'Host', 'Bridge', 'HTTP'].map(
    (Type): Row => ({
      what: `network ${Type}, where the operator lets no job use one [S6]`,
      params: sh('true'),
      task: { Network: { Type, ...(Type === 'HTTP' && { Domains: ['example.com'] }) } },
      ends: { state: 'Failed', message: /this node does not run jobs that require network access/ },
    }),
  ),
  {
    what: 'a variable of the node that the operator lets no job have [S13]',
    params: sh('echo $STOLEN'),
    task: { Env: { STOLEN: 'env:HOME' } },
    ends: { state: 'Failed', message: /rejected bid: environment variable 'HOME' is not in allowed patterns/ },
  },
  {
    what: 'another name for itself than the system gave it',
    params: { ...sh('true'), EnvironmentVariables: ['BACALHAU_JOB_ID=j-other'] },
    ends: { state: 'refused', message: /'BACALHAU_JOB_ID' cannot start with BACALHAU_/ },
  },
  {
    what: 'more time than it asked for',
    params: sh('trap "" TERM; sleep 600 & wait'),
    task: { Timeouts: { ExecutionTimeout: 2 }, StopGrace: 1 },
    ends: { state: 'Failed', class: 'transient', message: /^Execution timed out after 2s/ },
  },
  {
    what: 'the socket of Docker',
    params: sh('true'),
    task: local('/var/run/docker.sock'),
    ends: { state: 'Failed', class: 'node', message: /volume not in allowed paths/ },
  },
  {
    what: 'the socket of the engine, by a path that the operator allows',
    params: sh('true'),
    task: local(engineSocket),
    ends: { state: 'Failed', class: 'node', message: /is neither a file nor a folder/ },
  },
]

/** What a job must not do to its node: how each attempt ends, and that the node is as good as before. */
withDocker((host) => {
  let product: Product
  let server: Server
  const registries: ImageRegistry[] = []
  /** The jobs of all rows, submitted together: several of them take their time. */
  const answers = new Map<string, { status: number; body: { JobID?: string; message?: string } }>()
  const socket = () => host().replace('unix://', '')

  beforeAll(async () => {
    product = await Product.start()
    const architectures = [{}, { architecture: 's390x' }]
    registries.push(...(await Promise.all(architectures.map((each) => imageRegistry(busyboxImage(), each)))))
    server = await product.serve({
      env: { DOCKER_HOST: host() },
      settings: {
        'Compute.Docker.PidsLimit': '40',
        'Compute.Logs.MaxSize': '1MiB',
        'Compute.AllowListedLocalPaths': socket(),
      },
    })
    for (const { what, params, task } of rows) answers.set(what, await submit(params, task))
  })
  afterAll(async () => {
    await product?.stop()
    for (const each of registries) await each.close()
  })

  const submit = (params: object, task: object = {}) => {
    const Engine = { Type: 'docker', Params: params }
    const Tasks = [{ Name: 'main', Resources: { CPU: '0.1' }, ...task, Engine }]
    const job = JSON.stringify({ Job: { Type: 'batch', Count: 1, Reschedule: { Attempts: 1 }, Tasks } })
    const known: [string, string | number | undefined][] = [
      [registry, registries[0]?.port],
      [foreignRegistry, registries[1]?.port],
      [engineSocket, socket()],
    ]
    const body = known.reduce((text, [name, value]) => text.replace(name, String(value)), job)
    return server.http<{ JobID?: string; message?: string }>('PUT', '/orchestrator/jobs', body, {
      'Content-Type': 'application/json',
    })
  }
  const end = async (id: string) => {
    const { Job, Executions } = await ended(server.port, id, 120_000)
    return { state: Job.State.StateType, execution: Executions.Items[0] }
  }
  const idOf = (what: string): string => answers.get(what)?.body.JobID ?? ''

  describe('a job', () => {
    it.each(rows.map(({ what, ends }) => [what, ends] as const))(
      'with %s ends with its own reason and class [X30, S7]',
      async (what, ends) => {
        const { status, body } = answers.get(what)!
        if (ends.state === 'refused') {
          expect([status, body.message]).toEqual([400, expect.stringMatching(ends.message ?? /./)])
          return
        }
        const { state, execution } = await end(idOf(what))
        expect([state, execution?.FailureClass]).toEqual([ends.state, ends.class])
        if (ends.message) expect(execution?.ComputeState.Message).toMatch(ends.message)
        // What a user can do about it is told wherever there is something.
        if (ends.class === 'resource') expect(execution?.ComputeState.Details?.Hint).toMatch(/./)
      },
    )

    it('has of its output what its node keeps, and is told where that ends', async () => {
      const id = idOf('output without end and without a line')
      expect((await end(id)).execution?.RunOutput).toMatchObject({ StdoutTruncated: true })
      const { stdout, stderr } = await server.run(['job', 'logs', id])
      expect(stdout.length).toBeGreaterThan(1_000_000)
      expect(stdout.length).toBeLessThan(2_000_000)
      expect(stdout + stderr).toContain('a node keeps 1.0 MiB of an execution')
    })

    it('brings back of its links only what stays among the results [S3]', async () => {
      const id = idOf('links among the results that lead out of them')
      await end(id)
      expect(readdirSync(join(await server.got(id), 'out'))).toEqual(['c'])
    })

    it('gets no privilege by asking the engine for it: what no job may say is not heard', async () => {
      const HostConfig = { Privileged: true, Binds: ['/:/host'], PidMode: 'host', CapAdd: ['ALL'] }
      const script = 'grep CapEff /proc/self/status; ls / | grep -c host; echo $$; ls /dev | grep -c sda'
      const { body } = await submit({ ...sh(script), ...HostConfig, HostConfig })
      const { execution } = await end(body.JobID ?? '')
      expect(execution?.RunOutput?.Stdout).toBe('CapEff:\t0000000000000000\n0\n1\n0\n')
    })
  })

  describe('the node of such jobs', () => {
    it('has nothing left of them, and goes on', async () => {
      for (const { body } of answers.values()) if (body.JobID) await end(body.JobID)
      const { body } = await submit(sh('echo healthy'))
      expect(await end(body.JobID ?? '')).toMatchObject({
        state: 'Completed',
        execution: { RunOutput: { Stdout: 'healthy\n' } },
      })
      const names = () =>
        execFileSync('docker', ['-H', host(), 'ps', '-a', '--format', '{{.Names}}'], { encoding: 'utf8' })
      const left = () => [
        ...[...answers.values()].flatMap((each) => each.body.JobID ?? []).filter((id) => names().includes(id)),
        ...readdirSync(join(server.dataFolder, 'running')),
      ]
      await until('nothing is left', () => left().length === 0).catch((error: Error) => {
        throw new Error(`${error.message}: ${left()}`)
      })
      expect(server.exitCode).toBeNull()
    })
  })
})
