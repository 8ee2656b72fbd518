import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { RunRequest } from '#contracts/engine.ts'
import { newNodeId } from '#models/ids.ts'
import type { NetworkConfig } from '#models/task.ts'
import { SystemClock } from '#platform/clock.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { DockerEngine } from '#providers/docker/engine.ts'
import { containerNameOf, executorIdOf, executorLabel, holderNameOf, labelFilter } from '#providers/docker/names.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'
import { containerRequest, script } from '../kit/docker-rig.ts'
import { doorTo, type TestNet, testNet } from '../kit/gated.ts'
import { httpParts } from '../kit/http-parts.ts'
import { until } from '../kit/until.ts'
import { webServer } from '../kit/web-server.ts'
import { withDocker, withPodman } from '../kit/with-docker.ts'

const never = new AbortController().signal
const clock = new SystemClock()
const good = 'www.good.test'
const http: NetworkConfig = { Type: 'HTTP', Domains: [good, '.wide.test'] }

/** The HTTP network of real containers: what comes through, and that nothing else does. */
const suites = (host: () => string) => {
  describe('the HTTP network', { timeout: 60_000 }, () => {
    const nodeId = newNodeId(randomUUID())
    let root: string
    let net: TestNet
    let api: DockerApi
    /** Stands for the API, the broker and whatever else listens on the machine. */
    let machine: { port: number; close(): Promise<void> }
    const visits: number[] = []
    const engines: DockerEngine[] = []

    beforeAll(async () => {
      root = mkdtempSync(join(tmpdir(), 'bacalhau-http-net-'))
      machine = await doorTo((socket) => {
        visits.push(socket.remotePort ?? 0)
        socket.end('HTTP/1.0 200 OK\r\n\r\nreached')
      })
      net = await testNet([machine.port])
      api = new DockerApi(dockerTarget({ ...defaultDockerSettings, host: host() }), clock)
      for (const name of [good, 'a.wide.test', 'wide.test', 'other.test']) net.names.set(name, [['127.0.0.1']])
    })
    afterAll(async () => {
      await net.close()
      await machine.close()
      rmSync(root, { recursive: true, force: true })
    })
    afterEach(async () => {
      for (const engine of engines.splice(0)) {
        await engine.sweep(new Set())
        await engine.close()
      }
      expect(await ours(), 'no test leaves a container').toEqual([])
    })

    const open = () => {
      const settings = { ...defaultDockerSettings, host: host() }
      const engine = new DockerEngine(settings, { clock, owner: nodeId, http: httpParts(net.addressesOf) })
      engines.push(engine)
      return engine
    }
    const ours = async () => {
      const filters = labelFilter(executorLabel, executorIdOf(nodeId))
      const listed = await api.call<{ Names: string[] }[]>('GET', '/containers/json', { query: { all: true, filters } })
      return listed.flatMap(({ Names }) => Names)
    }
    const ask = (text: string, parts: Partial<RunRequest> = {}) =>
      containerRequest(root, script(text), { network: http, ...parts })
    const run = async (text: string, parts: Partial<RunRequest> = {}) => {
      const asked = ask(text, parts)
      const exit = await (await open().start(asked, never)).exit
      return { ...exit, asked, out: asked.logs.stdout }
    }

    it('is there before the program, which finds it by the usual variables [R151, R154]', async () => {
      const { out, asked, exitCode, traffic } = await run(
        `wget -q -O - http://${good}:${net.http.port}/first; echo; env | grep -i proxy | sort`,
      )
      const [answer = '', ...variables] = out.trim().split('\n')
      expect(JSON.parse(answer)).toMatchObject({ url: '/first', headers: { 'x-bacalhau-job-id': asked.jobId } })
      const proxy = 'http://127.0.0.1:13128'
      expect(variables).toEqual([
        `HTTPS_PROXY=${proxy}`,
        `HTTP_PROXY=${proxy}`,
        'NO_PROXY=localhost,127.0.0.1,::1',
        `http_proxy=${proxy}`,
        `https_proxy=${proxy}`,
        'no_proxy=localhost,127.0.0.1,::1',
      ])
      expect(exitCode).toBe(0)
      expect(traffic).toMatchObject({ requests: 1, refused: 0 })
      expect(traffic?.receivedBytes).toBeGreaterThan(100)
    })

    it('reaches what the job names and nothing else over HTTP [R152]', async () => {
      const get = (host: string, more = '') =>
        `wget -q -O /dev/null ${more} http://${host}:${net.http.port}/ 2>/dev/null && echo "${host} yes" || echo "${host} no"`
      const { out, traffic } = await run(
        [
          ...[good, 'a.wide.test', 'wide.test', 'other.test', 'unknown.test', '127.0.0.9'].map((host) => get(host)),
          get(good, '--header "Host: other.test"'),
        ].join('\n'),
      )
      expect(out.trim().split('\n')).toEqual([
        `${good} yes`,
        'a.wide.test yes',
        'wide.test yes',
        'other.test no',
        'unknown.test no',
        '127.0.0.9 no',
        `${good} no`,
      ])
      expect(traffic).toMatchObject({ requests: 3 })
    })

    it('leaves no other way out: no interface, no address, no name, no server of the machine', async () => {
      const tries = [
        'ip -o link | grep -v ": lo" && echo "an interface"',
        'ip route | grep . && echo "a route"',
        ...['127.0.0.1', '172.17.0.1', 'host.docker.internal', '10.0.0.1', '169.254.169.254', '1.1.1.1'].map(
          (address) => `nc -w 1 ${address} ${machine.port} </dev/null 2>/dev/null | grep . && echo "${address}"`,
        ),
        `nslookup ${good} 2>/dev/null | grep -q "127.0.0.1$" && echo "a name server"`,
        'ip link add x type dummy 2>/dev/null && echo "a new interface"',
        'ping -c 1 -W 1 172.17.0.1 >/dev/null 2>&1 && echo "a ping"',
      ]
      const { out } = await run(`${tries.join('\n')}\necho end`)
      expect(out).toBe('end\n')
      expect(visits).toEqual([])
    })

    it('keeps programs apart, also when one listens', async () => {
      const engine = open()
      const listening = ask('nc -l -p 7777 -e echo reached; sleep 60')
      const program = await engine.start(listening, never)
      const { out } = await run(
        'for a in 127.0.0.1 172.17.0.2 172.17.0.3; do nc -w 1 $a 7777 </dev/null & done; wait; echo end',
      )
      expect(out).toBe('end\n')
      await program.stop(0)
    })

    it('is there again for a program that outlived its node, and is removed with it [X21]', async () => {
      const get = `wget -q -O /dev/null http://${good}:${net.http.port}/ && echo yes`
      const asked = ask(
        `${get}; until [ -e /tmp/go ]; do sleep 0.1; ${get} 2>/dev/null && echo again && touch /tmp/go; done`,
      )
      const first = open()
      await first.start(asked, never)
      await until('the first answer', () => asked.logs.stdout.includes('yes'))
      await first.close()
      const second = open()
      const program = await second.attach(asked, never)
      await second.sweep(new Set([asked.executionId]))
      expect((await program?.exit)?.exitCode).toBe(0)
      expect(asked.logs.stdout).toContain('again')
      await until('everything is removed', async () => (await ours()).length === 0)
    })

    it('is not taken from a program in silence: without its holder the program is ended', async () => {
      const asked = ask('sleep 60')
      const first = open()
      await first.start(asked, never)
      await first.close()
      const holder = holderNameOf(executorIdOf(nodeId), asked)
      await api.call('POST', `/containers/${holder}/kill`)
      await until('it has ended', async () => {
        const { State } = await api.call<{ State: { Running: boolean } }>('GET', `/containers/${holder}/json`)
        return !State.Running
      })
      await expect(open().attach(asked, never)).rejects.toThrow('the container that holds the network of the program')
      expect(await ours()).toEqual([])
    })

    it('says that its port is taken by the program itself', async () => {
      const first = open()
      const asked = ask('until [ -e /tmp/go ]; do sleep 0.1; done; nc -l -p 13128 & echo taken; wait')
      await first.start(asked, never)
      await first.close()
      const name = containerNameOf(executorIdOf(nodeId), asked)
      const { Id: exec } = await api.call<{ Id: string }>('POST', `/containers/${name}/exec`, {
        body: {
          Cmd: ['sh', '-c', 'touch /tmp/go; until netstat -ltn | grep -q 13128; do sleep 0.1; done'],
          AttachStdout: true,
        },
      })
      const done = await api.stream('POST', `/exec/${exec}/start`, { body: { Detach: false, Tty: false } })
      for await (const _ of done);
      await expect(open().attach(asked, never)).rejects.toThrow(
        'cannot open a port in the network of a container: listen EADDRINUSE',
      )
    })

    it('is left with nothing by a node that was killed, once it is swept', async () => {
      const asked = ask('sleep 60')
      const first = open()
      await first.start(asked, never)
      await first.close()
      expect((await ours()).length).toBe(2)
      await open().sweep(new Set())
      expect(await ours()).toEqual([])
    })

    it('is another than a bridge, which reaches the machine by its name, but not its loopback nor a cloud', async () => {
      const open = await webServer((_, reply) => reply.end('hello'), 0, '0.0.0.0')
      const { out, traffic } = await run(
        [
          // Podman before 4.7 has another name for it.
          'grep -q "^[0-9].*host.docker.internal" /etc/hosts && name=host.docker.internal || name=host.containers.internal',
          `wget -q -O - http://$name:${open.port}/; echo`,
          `nc -w 1 $name ${machine.port} </dev/null 2>/dev/null; echo end`,
          'nc -w 1 169.254.169.254 80 </dev/null 2>&1 | grep -c "Permission denied"',
        ].join('\n'),
        { network: { Type: 'Bridge' } },
      )
      await open.close()
      expect(out).toBe('hello\nend\n1\n')
      expect(traffic).toBeUndefined()
    })

    it('is refused on engines whose networks we cannot enter', async () => {
      const accepts = (network: NetworkConfig, more = {}) =>
        new DockerEngine(
          { ...defaultDockerSettings, host: host(), ...more },
          { clock, owner: nodeId, http: httpParts(net.addressesOf) },
        ).accepts(ask('').engine, network, never)
      expect(await accepts(http)).toEqual({ isYes: true })
      expect(await accepts(http, { host: 'tcp://127.0.0.1:1' })).toMatchObject({
        reason: expect.stringContaining('another machine'),
      })
      expect(await accepts(http, { runtime: 'runsc' })).toMatchObject({ reason: expect.stringContaining('runsc') })
      const path = process.env['PATH']
      process.env['PATH'] = ''
      const refusal = await accepts(http).finally(() => {
        process.env['PATH'] = path
      })
      expect(refusal, 'without nsenter, as without the right to use it').toEqual({
        isYes: false,
        reason: 'this node cannot filter HTTP traffic of containers: it may not enter their networks',
        cure: 'Run the node as root, with nsenter (util-linux) installed',
      })
    })
  })
}

withDocker(suites)
withPodman(suites)
