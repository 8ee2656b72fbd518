import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { privateRegistry } from '../../kit/private-registry.ts'
import { Product, type Server } from '../../kit/product.ts'
import { relay } from '../../kit/relay.ts'
import { until } from '../../kit/until.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { ended } from '../crash/processes.ts'

withDocker((host) => {
  let product: Product
  let server: Server

  beforeAll(async () => {
    product = await Product.start()
    server = await product.serve({ env: { DOCKER_HOST: host() } })
  })
  afterAll(() => product?.stop())

  const task = (params: object, more: object = {}) => ({
    Type: 'batch',
    Count: 1,
    Tasks: [{ Name: 'main', ...more, Engine: { Type: 'docker', Params: params } }],
  })
  const run = async (job: object) => {
    const id = await server.submit(job)
    const shown = await ended(server.port, id, 60_000)
    return { id, state: shown.Job.State, output: shown.Executions.Items[0]!.RunOutput! }
  }

  describe('the docker engine', () => {
    it('runs the hello job; its output shows in follow, logs and describe [R33, R156, R207]', async () => {
      const hello = `Name: hello\nType: batch\nCount: 1\nTasks:\n  - Name: main\n    Engine:\n      Type: docker\n      Params:\n        Image: ubuntu:latest\n        Entrypoint: [/bin/bash]\n        Parameters: [-c, echo Hello Bacalhau!]\n`
      const followed = await server.ok(['job', 'run', '--follow'], { stdin: hello })
      expect(followed).toContain('Hello Bacalhau!\n')
      const id = /j-[0-9a-f-]{36}/.exec(followed)?.[0] ?? ''
      expect(await server.ok(['job', 'logs', id])).toContain('Hello Bacalhau!\n')
      const described = await server.ok(['job', 'describe', id])
      expect(described).toMatch(/State += Completed[\s\S]*Standard Output[\s\S]*Hello Bacalhau!/)
    })

    it('runs the documented task: entrypoint, parameters, a variable, a working directory [R157, R158, R159, R160, R161]', async () => {
      const { output } = await run(
        task({
          Image: 'ubuntu:latest',
          Entrypoint: ['/bin/bash', '-c', 'echo "$0 $1 $MY_ENV_VAR in $(pwd)"'],
          Parameters: ['first', 'second'],
          EnvironmentVariables: ['MY_ENV_VAR=myvalue'],
          WorkingDirectory: '/app',
        }),
      )
      expect(output).toMatchObject({ Stdout: 'first second myvalue in /app\n', ExitCode: 0 })
      const own = await run(task({ Image: 'busybox', Parameters: ['/bin/sh', '-c', 'pwd'] }))
      expect(own.output.Stdout).toBe('/\n')
    })

    it('publishes of a folder what the pattern of its result path names, and follows no link [R135, R141, S3]', async () => {
      const script = 'cd /outputs && mkdir -p deep rest && echo 1 > a.csv && echo 2 > deep/b.csv && echo 3 > rest/c.txt'
      const links = 'ln -s /etc/passwd out.csv && ln -s /etc etc.csv'
      const { id, state } = await run(
        task(
          { Image: 'busybox', Parameters: ['/bin/sh', '-c', `${script} && ${links}`] },
          { Publisher: { Type: 'link' }, ResultPaths: [{ Name: 'tables', Path: '/outputs/**/*.csv' }] },
        ),
      )
      expect(state).toMatchObject({ StateType: 'Completed' })
      const names = await readdir(`${await server.got(id)}/tables`, { recursive: true })
      expect(names.toSorted()).toEqual(['a.csv', 'deep', 'deep/b.csv'])
      const told = (await server.ok(['job', 'history', id, '--wide'])).replace(/\s+/g, ' ')
      const [etc, out] = ['etc', 'out'].map((name) => `"tables/${name}.csv" (it leads out of the folder)`)
      expect(told).toContain(`Left out of the result: ${etc}, ${out}`)
    })

    it('takes variables in any number, of the engine and of the task [R132, R159, X3]', async () => {
      for (const variables of [['A=1'], ['A=1', 'B=2 three=3'], ['A=1', 'B=2', 'C=']]) {
        const { output } = await run(
          task(
            { Image: 'busybox', Entrypoint: ['env'], EnvironmentVariables: variables },
            { Env: { OF_THE_TASK: 'yes', A: 'the engine wins' } },
          ),
        )
        const lines = output.Stdout.trimEnd()
          .split('\n')
          .filter((name) => name !== '')
        expect(lines).toEqual(expect.arrayContaining([...variables, 'OF_THE_TASK=yes', 'BACALHAU_PARTITION_INDEX=0']))
      }
    })

    it('shows how a program ended, and what it said before [X1, X2]', async () => {
      const { state, output } = await run(
        task({ Image: 'busybox', Entrypoint: ['/bin/sh', '-c', 'echo before; echo cause >&2; exit 42'] }),
      )
      expect(output).toEqual(expect.objectContaining({ Stdout: 'before\n', stderr: 'cause\n', ExitCode: 42 }))
      expect(state.StateType).toBe('Completed')
      const crash = { Image: 'busybox', Entrypoint: ['/bin/sh', '-c', 'sh -c "kill -SEGV \\$\\$"; exit $?'] }
      const crashed = await run(task(crash, { FailOnExitCode: true }))
      expect(crashed.state.Message).toContain('the program ended with exit code 139 (SIGSEGV)')
      const { body } = await server.http<{ Items: object[] }>('GET', `/orchestrator/jobs/${crashed.id}/executions`)
      expect(body.Items).toMatchObject([{ ComputeState: { Details: { Signal: 'SIGSEGV' } } }])
      const refused = await run(task({ Image: 'busybox', Entrypoint: ['/no/such/program'] }))
      expect(refused.state).toMatchObject({
        StateType: 'Failed',
        Message: expect.stringMatching(/\/no\/such\/program/),
      })
    })

    it('kills what does not listen after the grace of the job, else of its operator [X17]', async () => {
      const node = await product.serve({
        name: 'impatient',
        env: { DOCKER_HOST: host() },
        settings: { 'Compute.Docker.StopGrace': '100ms' },
      })
      const deaf = {
        Image: 'busybox',
        Entrypoint: ['/bin/sh', '-c', 'trap "" TERM; echo up; while true; do sleep 1; done'],
      }
      const stopped = async (more: object) => {
        const id = await node.submit(task(deaf, more))
        await until('it is up', async () => (await node.ok(['job', 'logs', id])).includes('up'))
        const from = performance.now()
        await node.ok(['job', 'stop', id])
        const runs = () =>
          execFileSync('docker', ['-H', host(), 'ps', '--format', '{{.Names}}'], { encoding: 'utf8' }).includes(id)
        await until('it is gone', () => !runs())
        return performance.now() - from
      }
      expect(await stopped({ StopGrace: 3 })).toBeGreaterThan(2_900)
      expect(await stopped({}), 'without the setting it would be ten seconds').toBeLessThan(9_500)
      await node.stop()
    })

    it('leaves no container, network or folder of a job behind [X21]', async () => {
      const docker = (...args: string[]) => execFileSync('docker', ['-H', host(), ...args], { encoding: 'utf8' }).trim()
      const { id } = await run(
        task(
          { Image: 'busybox', Entrypoint: ['/bin/sh', '-c', 'echo x > /out/a'] },
          { ResultPaths: [{ Name: 'out', Path: '/out' }], Publisher: { Type: 'local' } },
        ),
      )
      const stopped = await server.submit(
        task({ Image: 'busybox', Entrypoint: ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 0.1; done'] }),
      )
      await until('it runs', () => docker('ps', '-q', '--filter', `name=${stopped}`) !== '')
      await server.ok(['job', 'stop', stopped])
      await ended(server.port, stopped)
      // Other suites of the run have theirs on the same engine.
      const namesOf = (kind: 'ps -a' | 'network ls') =>
        docker(...kind.split(' '), '--format', kind === 'ps -a' ? '{{.Names}}' : '{{.Name}}').split('\n')
      const ours = (name: string) => [id, stopped].some((job) => name.includes(job))
      const left = async () => [
        ...[...namesOf('ps -a'), ...namesOf('network ls')].filter(ours),
        ...(await readdir(`${server.dataFolder}/running`)),
      ]
      await until('all is gone', async () => (await left()).length === 0).catch(async (error: Error) => {
        throw new Error(`${error.message}: ${await left()}`)
      })
    })

    it('takes hold of its container again when the node comes back, and does not run what has ended twice [X14]', async () => {
      const untilTold = 'until [ -e /tmp/go ]; do sleep 0.1; done'
      const waiting = (before: string, after: string) =>
        server.submit(task({ Image: 'busybox', Entrypoint: ['/bin/sh', '-c', `${before}; ${untilTold}; ${after}`] }))
      const uuid = 'cat /proc/sys/kernel/random/uuid'
      const [started, short] = [await waiting(`echo started $(${uuid})`, 'echo ended'), await waiting('true', uuid)]
      const starts = async (id: string) =>
        (
          await server.http<{ Items: { ComputeState: { StateType: number } }[] }>(
            'GET',
            `/orchestrator/jobs/${id}/executions`,
          )
        ).body.Items
      // Other suites of the run may have containers on the same engine.
      const docker = (...args: string[]) => execFileSync('docker', ['-H', host(), ...args], { encoding: 'utf8' }).trim()
      const running = (id: string) => docker('ps', '-q', '--filter', `name=${id}`)
      const tell = (id: string) => docker('exec', running(id), 'touch', '/tmp/go')
      await until('both run', () => running(started) !== '' && running(short) !== '')
      await server.stop('SIGKILL')
      tell(short)
      await until('the short one has ended', () => running(short) === '')
      await server.start()
      tell(started)
      const shown = await ended(server.port, started, 60_000)
      expect(shown.Executions.Items).toMatchObject([
        { RunOutput: { Stdout: expect.stringMatching(/^started \S+\nended\n$/) } },
      ])
      const finished = await ended(server.port, short, 60_000)
      expect(finished.Executions.Items).toMatchObject([
        { RunOutput: { Stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/), ExitCode: 0 } },
      ])
      expect([(await starts(started)).length, (await starts(short)).length]).toEqual([1, 1])
    })
  })

  it('runs the image of a private registry with the login of `docker login`, and tells of its pull and its digest [X9, X10]', async () => {
    const registry = await privateRegistry('me', 'secret')
    const image = `${registry.domain}/team/tool:1`
    const auth = Buffer.from('me:secret').toString('base64')
    const logins = await product.file('docker/config.json', JSON.stringify({ auths: { [registry.domain]: { auth } } }))
    const docker = (...args: string[]) => execFileSync('docker', ['--config', dirname(logins), '-H', host(), ...args])
    docker('tag', 'busybox', image)
    docker('push', image)
    docker('rmi', image)
    const env = { DOCKER_HOST: host(), DOCKER_CONFIG: dirname(logins) }
    const node = await product.serve({ name: 'with-logins', env })
    const id = await node.submit(task({ Image: image, Entrypoint: ['echo', 'private'] }))
    const { Job, Executions } = await ended(node.port, id, 60_000)
    expect([Job.State.StateType, Executions.Items[0]?.RunOutput]).toMatchObject(['Completed', { Stdout: 'private\n' }])
    const told = await node.ok(['job', 'history', id])
    expect(told).toMatch(/Pulling image[\s\S]*Pulled image/)
    const [execution] = (await node.http<{ Items: object[] }>('GET', `/orchestrator/jobs/${id}/executions`)).body.Items
    expect(execution).toMatchObject({ Content: expect.stringMatching(/\/team\/tool@sha256:[0-9a-f]{64}$/) })
    await node.stop()
    await registry.stop()
  })

  it('offers Docker while the engine is there, and waiting jobs go on when it comes back [X15]', async () => {
    const line = await relay(host().replace('unix://', ''))
    line.cut()
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${line.port}` }
    const node = await product.serve({ name: 'without-engine', env })
    type Offered = { Info: { ComputeNodeInfo: { ExecutionEngines: string[] } } }
    const offered = async () =>
      (await node.http<Offered>('GET', '/agent/node')).body.Info.ComputeNodeInfo.ExecutionEngines
    expect(await offered()).not.toContain('docker')
    const waiting = await node.submit(
      task({ Image: 'busybox', Entrypoint: ['true'] }, { Timeouts: { QueueTimeout: 60 } }),
    )
    line.mend()
    expect((await ended(node.port, waiting, 60_000)).Job.State.StateType).toBe('Completed')
    line.cut()
    await until('it is offered no more', async () => !(await offered()).includes('docker'))
    await node.stop()
    await line.close()
  })

  describe('docker run', () => {
    it('runs an image with words, variables, an entrypoint and a folder [R156, R157, R158, R159, R160]', async () => {
      const said = await server.ok([
        'docker',
        'run',
        '--follow',
        '-e',
        'WHO=you',
        '--entrypoint',
        '/bin/sh',
        '-w',
        '/app',
        'ubuntu',
        '--',
        '-c',
        'echo hello $WHO in $(pwd)',
      ])
      expect(said).toContain('hello you in /app\n')
      const found = await server.ok([
        'docker',
        'run',
        '--follow',
        '-p',
        'local',
        '-o',
        'data:/data',
        'alpine',
        '--',
        'sh',
        '-c',
        'echo kept > /data/a; echo done',
      ])
      expect(found).toContain('done\n')
    })

    it('says what is wrong with an image that nobody has', async () => {
      const { stdout, stderr } = await server.run(['docker', 'run', '127.0.0.1:9/no/such:image', 'true'])
      expect(stdout + stderr).toMatch(/no\/such:image/)
    })
  })
})
