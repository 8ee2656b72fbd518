import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import type { Fault } from '#lib/fault.ts'
import { newNodeId } from '#models/ids.ts'
import { noResources } from '#models/resources.ts'
import { lookAtPort } from '#platform/free-port.ts'
import { containerNameOf, executorLabel, holderNameOf, labelFilter } from '#providers/docker/names.ts'
import { DockerRig, faultOf, script } from '../kit/docker-rig.ts'
import { freePort } from '../kit/free-ports.ts'
import { memoryEater } from '../kit/memory-eater.ts'
import { MemorySink } from '../kit/memory-sink.ts'
import { newerEngine } from '../kit/newer-engine.ts'
import { until } from '../kit/until.ts'
import { withDocker } from '../kit/with-docker.ts'

const never = new AbortController().signal
const mib = 1024 * 1024

/** What a real Docker engine does with our containers, beyond what every engine promises. */
withDocker((host) => {
  describe('docker', { timeout: 60_000 }, () => {
    const rig = new DockerRig(host)
    const { ask, open, run } = rig

    it('runs the example of the documentation [R156, R157, R158, R159, R160, R161]', async () => {
      const asked = ask({
        Image: 'ubuntu:latest',
        Entrypoint: ['/bin/bash'],
        Parameters: ['-c', 'echo "$MY_ENV_VAR in $PWD"'],
        EnvironmentVariables: ['MY_ENV_VAR=myvalue'],
        WorkingDirectory: '/app',
      })
      expect(await run(asked)).toEqual({ exitCode: 0 })
      expect(asked.logs.stdout).toBe('myvalue in /app\n')
    })

    it('keeps output byte for byte, whatever the bytes are', async () => {
      const bytes = 'for n in $(seq 0 255); do printf "\\\\$(printf %03o $n)"; done'
      const asked = ask(script(`${bytes}; ${bytes} >&2`))
      expect(await run(asked)).toEqual({ exitCode: 0 })
      const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n))
      expect([Buffer.from(asked.logs.bytes(1)), Buffer.from(asked.logs.bytes(2))]).toEqual([all, all])
    })

    it('speaks an interface that newer engines still know, when they refuse the older ones', async () => {
      const newer = await newerEngine(host())
      const engine = open({ host: newer.host })
      expect(await engine.isInstalled(never)).toEqual({ isYes: true })
      const asked = ask(script('echo out; echo err >&2; exit 4'))
      expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      expect(await run(asked, engine)).toEqual({ exitCode: 4 })
      expect([asked.logs.stdout, asked.logs.stderr]).toEqual(['out\n', 'err\n'])
      await engine.close()
      await newer.stop()
    })

    describe('failures', () => {
      it('says `memory limit exceeded` and keeps what was printed [R144]', async () => {
        const resources = { ...noResources(), Memory: 64 * mib }
        const asked = ask({ Entrypoint: ['/bin/sh', '-c', `echo before; ${memoryEater}`] }, { resources })
        const exit = await run(asked)
        expect(exit).toMatchObject({ exitCode: 137, failure: { message: 'memory limit exceeded', class: 'resource' } })
        expect(asked.logs.stdout).toBe('before\n')
      })

      it('shortens a command that is not in the PATH, and blames the user', async () => {
        const exit = await run(ask({ Entrypoint: ['no-such-program'] }))
        expect(exit.exitCode).toBe(-1)
        expect(exit.failure).toMatchObject({
          message: 'failed to start container: failed to start container: executable file not found',
          class: 'user',
        })
      })

      it('keeps the engine’s whole text for an absolute path that is missing', async () => {
        const { failure } = await run(ask({ Entrypoint: ['/no/such/program'] }))
        expect(failure?.message).toMatch(
          /^failed to start container: failed to start container: Error response from daemon: .*"\/no\/such\/program".*no such file or directory/,
        )
        expect(failure?.class).toBe('user')
      })

      it('blames the user for a file that cannot be executed', async () => {
        expect((await run(ask({ Entrypoint: ['/etc/passwd'] }))).failure?.class).toBe('user')
      })

      it.each(['/etc/passwd', '/etc/passwd/below'])(
        'blames the user for a program that is to start in the file %s',
        async (WorkingDirectory) => {
          const ended = run(ask({ ...script('pwd'), WorkingDirectory })).then(
            ({ failure }) => ({ FailureClass: failure?.class, hint: failure?.hint }),
            ({ details, hint }) => ({ ...details, hint }),
          )
          expect(await ended).toMatchObject({ FailureClass: 'user', hint: expect.stringContaining('WorkingDirectory') })
        },
      )

      it('says which step failed when a container cannot be made', async () => {
        const resources = { ...noResources(), CPU: 4096 }
        const fault = await faultOf(open().start(ask({}, { resources }), never))
        expect(fault.message).toMatch(
          /^failed to create docker job container: creating container: Error response from daemon: /,
        )
        expect(fault.details?.['FailureClass']).toBe('user')
      })

      it('asks for more memory than what no container can live with', async () => {
        const resources = { ...noResources(), Memory: 1_000_000 }
        const fault = await faultOf(open().start(ask(script('true'), { resources }), never))
        expect(fault.message).toContain('1000000 bytes of memory are too few for a container')
        expect(fault.details?.['FailureClass']).toBe('resource')
        expect(fault.hint).toContain('more memory')
      })

      it('blames the user for a folder to start in that is a file', async () => {
        const asked = ask({ ...script('true'), WorkingDirectory: '/etc/passwd' })
        const why = await run(asked).then(
          ({ failure }) => failure,
          ({ details, hint }: Fault) => ({ class: details?.['FailureClass'], hint }),
        )
        expect(why).toMatchObject({ class: 'user', hint: expect.stringContaining('WorkingDirectory') })
      })

      it('says that the engine is away, each time it is asked [X15]', async () => {
        const away = open({ host: 'unix:///no/such/docker.sock' })
        const verdict = await away.isInstalled(never)
        expect(verdict).toMatchObject({
          isYes: false,
          reason: expect.stringContaining('cannot reach the Docker engine'),
        })
        expect((await faultOf(away.start(ask({}), never))).details?.['FailureClass']).toBe('node')
      })
    })

    describe('isolation', () => {
      const printed = async (text: string, parts: Partial<RunRequest> = {}, engine = open()) => {
        const asked = ask(script(text), parts)
        await run(asked, engine)
        return asked.logs.stdout
      }

      it('has no network unless it was asked for [S6]', async () => {
        expect(await printed('ls /sys/class/net')).toBe('lo\n')
        expect(await printed('ls /sys/class/net', { network: { Type: 'Default' } })).toBe('lo\n')
      })

      it('gives the networks that were asked for', async () => {
        const inside = 'cat /proc/net/route | wc -l; grep -c host.docker.internal /etc/hosts'
        expect(await printed(inside, { network: { Type: 'Bridge' } })).toMatch(/^[2-9]\d*\n1\n$/)
        expect(await printed('readlink /proc/self/ns/net', { network: { Type: 'Host' } })).toBe(
          await printed('readlink /proc/self/ns/net', { network: { Type: 'Full' } }),
        )
        const networked = open({ isDefaultNetworked: true })
        expect(await printed(inside, { network: { Type: 'Default' } }, networked)).toMatch(/^[2-9]\d*\n1\n$/)
      })

      it('closes a bridge to the services of a cloud, for good', async () => {
        const tries = [
          'nc -w 2 169.254.169.254 80 2>&1 </dev/null',
          'nc -w 2 100.100.100.200 80 2>&1 </dev/null',
          'ip rule del pref 10 2>&1',
          'nc -w 2 169.254.169.254 80 2>&1 </dev/null',
        ]
        const said = (await printed(tries.join(';'), { network: { Type: 'Bridge' } })).trim().split('\n')
        expect(said.map((line) => /Permission denied|Operation not permitted/.test(line))).toEqual([
          true,
          true,
          true,
          true,
        ])
      })

      it('publishes the ports of a bridge', async () => {
        const port = await freePort()
        const Ports = [{ Name: 'web', Static: port, Target: 8080, HostNetwork: '127.0.0.1' }]
        const asked = ask(script('echo ready; while true; do echo served | nc -l -p 8080; done'), {
          network: { Type: 'Bridge', Ports },
        })
        const running = await open().start(asked, never)
        await asked.logs.untilPrinted('ready')
        const { HostConfig } = await rig.api.call<{ HostConfig: { PortBindings: object } }>(
          'GET',
          `/containers/${holderNameOf(rig.executorId, asked)}/json`,
        )
        expect(HostConfig.PortBindings).toEqual({ '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] })
        await expect.poll(() => text(connect(port, '127.0.0.1')).catch(() => '')).toBe('served\n')
        void running.stop(0)
        await running.exit
        expect(await lookAtPort('127.0.0.1', port), 'its successor can have it').toBe('free')
      })

      it('removes the network of a program that was never started in it', async () => {
        const asked = ask(script('true'), { network: { Type: 'Bridge' } })
        const name = holderNameOf(rig.executorId, asked)
        const Labels = { [executorLabel]: rig.executorId }
        await rig.api.call('POST', '/containers/create', { query: { name }, body: { Image: 'busybox:latest', Labels } })
        expect(await open().attach(asked, never)).toBeUndefined()
        expect(await rig.ours()).toEqual([])
      })

      it('is offered with a runtime that the engine has, and with none that it has not', async () => {
        for (const runtime of ['runc', 'io.containerd.runc.v2'])
          expect(await open({ runtime }).isInstalled(never)).toEqual({ isYes: true })
        expect(await open({ runtime: 'nosuch' }).isInstalled(never)).toMatchObject({
          isYes: false,
          reason: expect.stringMatching(/^the container engine has no runtime nosuch, only .*runc/),
          cure: expect.stringContaining('Compute.Docker.Runtime'),
        })
      })

      it('limits memory, swap, CPU and processes, and takes privileges away [R142, R143, S7]', async () => {
        const resources = { ...noResources(), CPU: 0.25, Memory: 128 * mib }
        const asked = ask(script('echo started; sleep 60'), { resources })
        const running = await open().start(asked, never)
        await asked.logs.untilPrinted('started')
        const [listed] = await rig.ours()
        const { HostConfig } = await rig.api.call<{ HostConfig: Record<string, unknown> }>(
          'GET',
          `/containers/${listed?.Id}/json`,
        )
        expect(HostConfig).toMatchObject({
          Memory: 128 * mib,
          MemorySwap: 128 * mib,
          NanoCpus: 250_000_000,
          PidsLimit: 4096,
          SecurityOpt: ['no-new-privileges'],
          CapDrop: ['ALL'],
          Privileged: false,
          LogConfig: { Type: 'local', Config: { 'max-file': '2', 'max-size': String(100 * mib), compress: 'false' } },
        })
        expect(listed?.Names).toEqual([`/${containerNameOf(rig.executorId, asked)}`])
        expect(listed?.Labels).toMatchObject({
          'bacalhau-executor': rig.executorId,
          'bacalhau-jobID': rig.executorId + asked.jobId,
          'bacalhau-executionID': rig.executorId + asked.executionId,
        })
        await running.stop(0)
      })

      it('shows a program the limits that it has [R142, R143]', async () => {
        const limits = [
          'cat /sys/fs/cgroup/cpu.max 2>/dev/null || (cd /sys/fs/cgroup/cpu; cat cpu.cfs_quota_us cpu.cfs_period_us)',
          'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
          'cat /sys/fs/cgroup/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids/pids.max',
        ].join(';')
        for (const Memory of [100_000_000, 100 * mib]) {
          const said = await printed(limits, { resources: { ...noResources(), CPU: 0.1, Memory } })
          const [quota = 0, period = 0, memory = 0, processes] = said.trim().split(/\s+/).map(Number)
          expect([quota / period, processes]).toEqual([0.1, 4096])
          // The kernel counts in pages.
          expect(Memory - memory).toBeGreaterThanOrEqual(0)
          expect(Memory - memory).toBeLessThan(4096)
        }
      })

      it('hands in the devices of the GPUs that were promised, which nobody else has [R145]', async () => {
        const PCIAddress = `test-${process.pid}`
        const links = ['card', 'render'].map((kind) => `/dev/dri/by-path/pci-${PCIAddress}-${kind}`)
        mkdirSync('/dev/dri/by-path', { recursive: true })
        // Stands for the device of a GPU: one that the machine has and containers have not.
        for (const link of links) symlinkSync('/dev/kmsg', link)
        try {
          const gpu = { Index: 0, Name: 'Arc', Vendor: 'Intel', Memory: 1, PCIAddress }
          const resources = { ...noResources(), GPU: 1, GPUs: [gpu] }
          expect(await printed('ls /dev | grep kmsg', { resources })).toBe('kmsg\n')
          expect(await printed('ls /dev | grep kmsg')).toBe('')
        } finally {
          for (const link of links) rmSync(link)
        }
      })

      it('runs programs with the runtime of the operator, and blames the node for one that the engine does not have', async () => {
        const runtime = 'io.containerd.runc.v2'
        const asked = ask(script('echo started; sleep 60'))
        const running = await open({ runtime }).start(asked, never)
        await asked.logs.untilPrinted('started')
        const [listed] = await rig.ours()
        const path = `/containers/${listed?.Id}/json`
        const { HostConfig } = await rig.api.call<{ HostConfig: { Runtime: string } }>('GET', path)
        expect(HostConfig.Runtime).toBe(runtime)
        await running.stop(0)
        const fault = await faultOf(open({ runtime: 'runsc-is-not-here' }).start(ask({}), never))
        expect(fault.message).toContain('runsc-is-not-here')
        expect(fault.details?.['FailureClass']).toBe('node')
      })

      it('gives root in a container no capability, unless the operator leaves some', async () => {
        const held = 'grep CapEff /proc/self/status; touch /tmp/x; chown nobody /tmp/x 2>/dev/null && echo changed'
        expect(await printed(`${held}; true`)).toBe('CapEff:\t0000000000000000\n')
        const relaxed = await printed(held, {}, open({ capDrop: ['NET_RAW'] }))
        expect(relaxed).toMatch(/^CapEff:\t0*[1-9a-f][0-9a-f]*\nchanged\n$/)
      })

      it('has namespaces of its own and gains no privilege, unless the operator says otherwise', async () => {
        const own = `readlink /proc/self/ns/pid; readlink /proc/self/ns/ipc; readlink /proc/self/ns/uts; grep NoNewPrivs /proc/self/status`
        const machines = ['pid', 'ipc', 'uts'].map((name) => readlinkSync(`/proc/self/ns/${name}`))
        const first = (await printed(own)).trim().split('\n')
        expect(first.filter((each) => machines.includes(each))).toEqual([])
        expect(first.at(-1)).toBe('NoNewPrivs:\t1')
        const relaxed = open({ isPrivilegeGained: true, hostNamespaces: ['pid', 'ipc', 'uts'] })
        expect((await printed(own, {}, relaxed)).trim().split('\n')).toEqual([...machines, 'NoNewPrivs:\t0'])
      })

      it.each(['None', 'Bridge', 'Full'] as const)(
        'lets root in a container with network %s do nothing to its machine [S7, X30]',
        async (Type) => {
          const attempts = {
            mount: 'mount -t tmpfs none /mnt',
            'mount of what it is given': 'mount -o remount,rw /proc/sys',
            device: 'mknod /tmp/disk b 8 0 && head -c 1 /tmp/disk',
            'settings of the kernel': 'echo x > /proc/sys/kernel/core_pattern',
            'memory of the kernel': 'head -c 1 /proc/kcore | grep -q .',
            'buttons of the kernel': 'echo h > /proc/sysrq-trigger',
            'files of the kernel': 'echo x > /sys/kernel/uevent_helper',
            namespaces: 'unshare -m true',
            'namespaces of users': 'unshare -U true',
            chroot: 'chroot / true',
            name: 'hostname other',
            'raw packets': 'ping -c 1 -W 1 127.0.0.1',
            addresses: 'ip addr add 127.9.9.9/32 dev lo',
            owner: 'touch /tmp/own && chown nobody /tmp/own',
            user: 'su -s /bin/sh nobody -c true',
            'processes of others': '[ $(ls /proc | grep -c "^[0-9]") -gt 12 ]',
            'socket of the engine': 'ls /run/docker.sock /var/run/docker.sock',
          }
          const tries = Object.entries(attempts).map(
            ([name, command]) => `(${command}) >/dev/null 2>&1 && echo "${name}"`,
          )
          expect(await printed(`${tries.join('\n')}\necho end`, { network: { Type } })).toBe('end\n')
        },
      )

      it('lets root in a container read its inputs and write its results without them', async () => {
        const hostPath = rig.folder('output')
        const outputs = [{ resultPath: { Name: 'o', Path: '/outputs' }, hostPath }]
        expect(await run(ask(script('echo x > /outputs/file'), { outputs }))).toEqual({ exitCode: 0 })
        expect(readFileSync(join(hostPath, 'file'), 'utf8')).toBe('x\n')
      })

      it('lets a program write only to /tmp and its results, when its operator says so', async () => {
        const hostPath = rig.folder('output')
        const outputs = [{ resultPath: { Name: 'o', Path: '/outputs' }, hostPath }]
        const tries =
          'for f in /file /etc/file /tmp/file /outputs/file; do echo x 2>/dev/null > $f && echo $f; done; true'
        expect(await printed(tries, { outputs })).toBe('/file\n/etc/file\n/tmp/file\n/outputs/file\n')
        expect(await printed(tries, { outputs }, open({ isRootReadOnly: true }))).toBe('/tmp/file\n/outputs/file\n')
      })

      it('stops a program that starts processes without end [S7]', async () => {
        const out = await printed(
          'for i in $(seq 1 40); do sleep 5 & done 2>/dev/null; echo done',
          {},
          open({ pidsLimit: 16 }),
        )
        expect(out).not.toBe('done\n')
      })

      it('lets a program that is not root write its results', async () => {
        const hostPath = rig.folder('output')
        const outputs = [{ resultPath: { Name: 'o', Path: '/outputs' }, hostPath }]
        const asked = ask(script('su -s /bin/sh nobody -c "echo x > /outputs/file"'), { outputs })
        expect(await run(asked, open({ capDrop: [] }))).toEqual({ exitCode: 0 })
        expect(statSync(join(hostPath, 'file')).uid).toBe(65534)
      })

      it('does not mount over the whole file system', async () => {
        const outputs = [{ resultPath: { Name: 'o', Path: '/' }, hostPath: rig.folder('output') }]
        expect((await faultOf(open().start(ask({}, { outputs }), never))).details?.['FailureClass']).toBe('user')
      })
    })

    describe('after a restart of ours', () => {
      it('reads the output of a container that ended while nobody looked, without what was kept [X14]', async () => {
        const before = open()
        const asked = ask(script('echo one; sleep 0.4; echo two; echo three >&2; exit 5'))
        await before.start(asked, never)
        await asked.logs.untilPrinted('one')
        await before.close()
        const [container] = await rig.ours()
        await rig.api.call('POST', `/containers/${container?.Id}/wait`)
        const logs = new MemorySink({ earlierBytes: { 1: 4, 2: 0 } })
        const program = await open().attach({ ...asked, logs }, never)
        expect(await program?.exit).toEqual({ exitCode: 5 })
        expect(logs.stdout).toBe('two\n')
        expect(logs.stderr).toBe('three\n')
      })

      it('reads bytes that are no text as they were printed meanwhile, and a last line without its end [X14]', async () => {
        const before = open()
        const bytes = 'for n in $(seq 0 255); do printf "\\\\$(printf %03o $n)"; done'
        const asked = ask(script(`${bytes}; sleep 0.4; ${bytes}; printf end`))
        await before.start(asked, never)
        await until('the first are here', () => asked.logs.bytes(1).length === 256)
        await before.close()
        const logs = new MemorySink({ earlierBytes: { 1: 256, 2: 0 } })
        const program = await open().attach({ ...asked, logs }, never)
        expect(await program?.exit).toEqual({ exitCode: 0 })
        const all = Array.from({ length: 256 }, (_, n) => n)
        expect(Buffer.from(logs.bytes(1))).toEqual(Buffer.from([...all, ...Buffer.from('end')]))
      })

      it('goes on where it was also when the engine has let go of the beginning, and says that some may be missing [X14, F7]', async () => {
        const before = open({ logMaxBytes: 64 * 1024 })
        const folder = rig.folder()
        const outputs = [{ resultPath: { Name: 'o', Path: '/o' }, hostPath: folder }]
        const waits = (name: string) => `while [ ! -e /o/${name} ]; do sleep 0.05; done`
        const many = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'
        const asked = ask(script(`${many}; ${waits('away')}; echo away; ${waits('back')}; echo back`), { outputs })
        const firstMs = rig.clock.nowMs() - 60_000
        await before.start(asked, never)
        await asked.logs.untilPrinted('line 19999\n')
        const [container] = await rig.ours()
        const isKept = (text: string) => async () => {
          const query = { stdout: 1, tail: 1 }
          return (await rig.api.text('GET', `/containers/${container?.Id}/logs`, { query })).includes(text)
        }
        // On a busy machine the engine gives a line its time long after it has given the line to us.
        await until('the engine has kept it too', isKept('line 19999'))
        const times = { firstMs, lastMs: rig.clock.nowMs() }
        await before.close()
        writeFileSync(join(folder, 'away'), '')
        await until('it is printed', isKept('away'))
        const told: string[] = []
        const logs = new MemorySink({ earlierBytes: { 1: asked.logs.bytes(1).length, 2: 0 }, times })
        const onProgress = (text: string) => void told.push(text)
        const program = await open({ logMaxBytes: 64 * 1024 }).attach({ ...asked, logs, onProgress }, never)
        await logs.untilPrinted('away\n')
        expect(told).toEqual([
          expect.stringMatching(/may be missing: it has printed more than Compute\.Docker\.LogMaxSize/),
        ])
        writeFileSync(join(folder, 'back'), '')
        expect(await program?.exit).toEqual({ exitCode: 0 })
        expect(logs.stdout).toBe('away\nback\n')
      })

      it('never starts a container that was made but not started, and removes it', async () => {
        const asked = ask(script('echo never'))
        const name = containerNameOf(rig.executorId, asked)
        const Labels = {
          [executorLabel]: rig.executorId,
          'bacalhau-executionID': rig.executorId + asked.executionId,
        }
        await rig.api.call('POST', '/containers/create', { query: { name }, body: { Image: 'busybox:latest', Labels } })
        expect(await open().attach(asked, never)).toBeUndefined()
        expect(await rig.ours()).toEqual([])
      })

      it('still knows the exit of a container that was removed before the node had stored it', async () => {
        const asked = ask(script('exit 9'))
        const before = open()
        expect(await run(asked, before)).toEqual({ exitCode: 9 })
        await before.close()
        expect(await rig.ours()).toEqual([])
        const program = await open().attach(asked, never)
        expect(await program?.exit).toEqual({ exitCode: 9 })
      })

      it('sees networks that were left behind', async () => {
        const Labels = { [executorLabel]: rig.executorId, 'bacalhau-executionID': `${rig.executorId}e-old` }
        await rig.api.call('POST', '/networks/create', { body: { Name: `left-${rig.nodeId}`, Labels } })
        await open().sweep(new Set())
        const query = { filters: labelFilter(executorLabel, rig.executorId) }
        expect(await rig.api.call('GET', '/networks', { query })).toEqual([])
      })

      it('leaves other nodes’ containers alone', async () => {
        const other = open({}, newNodeId(randomUUID()))
        const asked = ask(script('echo started; sleep 60'))
        const running = await other.start(asked, never)
        await asked.logs.untilPrinted('started')
        await open().sweep(new Set())
        const ended = await Promise.race([running.exit.then(() => 'ended'), sleep(200).then(() => 'runs')])
        expect(ended).toBe('runs')
        await running.stop(0)
        await other.close()
      })
    })

    it('keeps the containers of a stack that somebody wants to look at', async () => {
      const engine = open({ isStackKept: true })
      expect(await run(ask(script('true')), engine)).toEqual({ exitCode: 0 })
      expect((await rig.ours()).length).toBe(1)
      await open().sweep(new Set())
    })
  })
})
