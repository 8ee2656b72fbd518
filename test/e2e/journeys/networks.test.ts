import { execFileSync } from 'node:child_process'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { type WebServer, webServer } from '../../kit/web-server.ts'
import { withDocker } from '../../kit/with-docker.ts'
import { ended } from '../crash/processes.ts'

/** Addresses of this machine that stand for three hosts of the web; programs do not take them for their own loopback. */
const [listed, other] = ['127.0.0.2', '127.0.0.3']
const noForbidden = 'read question; [[ $question != *forbidden.example* ]] || { echo not that domain >&2; exit 3; }'

/** What jobs reach with each network, on a node of its own beside the orchestrator. */
withDocker((host) => {
  let product: Product
  let server: Server
  let worker: Server
  let web: WebServer

  beforeAll(async () => {
    product = await Product.start()
    web = await webServer((asked, reply) => reply.end(`you asked for ${asked.url}\n`), 0, '0.0.0.0')
    server = await product.serve({ roles: ['orchestrator'], settings: { 'API.Host': '0.0.0.0' } })
    worker = await product.serve({
      name: 'worker',
      roles: ['compute'],
      settings: {
        Name: 'worker',
        'API.Host': '0.0.0.0',
        'Compute.Orchestrators': `nats://127.0.0.1:${server.linkPort}`,
        'JobAdmissionControl.RejectNetworkedJobs': 'false',
        'Compute.Network.HTTPProxy.AllowPrivateAddresses': 'true',
        'Compute.Network.HTTPProxy.AllowedPorts': '[]',
      },
      args: ['--job-selection-probe-exec', noForbidden],
      env: { DOCKER_HOST: host() },
    })
    await until('the node is there', async () => (await server.ok(['node', 'list'])).includes('worker'))
  })
  afterAll(async () => {
    await product?.stop()
    await web?.close()
  })

  const job = (script: string, Network: object, more: object = {}) => ({
    Type: 'batch',
    Count: 1,
    ...more,
    Tasks: [
      {
        Name: 'main',
        Network,
        Engine: { Type: 'docker', Params: { Image: 'busybox', Entrypoint: ['/bin/sh', '-c', script] } },
      },
    ],
  })
  const end = async (id: string) => {
    const { Job, Executions } = await ended(server.port, id, 60_000)
    const execution = Executions.Items[0]!
    return { state: Job.State.StateType, execution, out: execution.RunOutput?.Stdout }
  }
  const run = async (...asked: Parameters<typeof job>) => end(await server.submit(job(...asked)))
  const get = (address: string, port = web.port) => `wget -q -O - http://${address}:${port}/page || echo refused`
  const http = { Type: 'HTTP', Domains: [listed] }
  const docker = (...words: string[]) => execFileSync('docker', ['-H', host(), ...words], { encoding: 'utf8' }).trim()

  describe('a job', () => {
    it('has no network unless it asks for one, and that of the machine with Full [R148, R149, R150]', async () => {
      const network = `ip -o link | grep -vc ': lo'; ${get(listed)}`
      expect((await run(network, { Type: 'None' })).out).toBe('0\nrefused\n')
      expect((await run(network, {})).out).toBe('0\nrefused\n')
      expect((await run(get(listed), { Type: 'Full' })).out).toBe('you asked for /page\n')
    })

    it('reaches the domains it names by `docker run`, and no others [R151, R152, R154, R155, X16]', async () => {
      const words = ['docker', 'run', '--follow', '--network=http', `--domain=${listed}`, '--domain=.example.com']
      const script = [get(listed), get(other), get('127.0.0.1')].join('; ')
      const said = await server.ok([...words, '--entrypoint', '/bin/sh', 'busybox', '--', '-c', script])
      expect(said.match(/^(you asked for \/page|refused)$/gm)).toEqual(['you asked for /page', 'refused', 'refused'])
      const id = /j-[0-9a-f-]{36}/.exec(said)?.[0] ?? ''
      const { Details } = (await end(id)).execution.ComputeState
      expect(Details).toMatchObject({ HTTPRequests: '1', HTTPRefused: '2' })
    })

    it('never reaches the servers of its node, even by name [X16]', async () => {
      const { out } = await run(
        `${get(listed, worker.port)}; nc -w 1 ${listed} ${web.port} </dev/null || echo closed`,
        http,
      )
      expect(out).toBe('refused\nclosed\n')
    })

    it('is not run by a node that judges its domains so [R153]', async () => {
      const { state, execution } = await run('true', { Type: 'HTTP', Domains: ['forbidden.example.com'] })
      expect(state).toBe('Failed')
      expect(execution.ComputeState.Message).toContain('not that domain')
    })

    it('reaches the API of another node, and is known there for a job, which submits none [X16]', async () => {
      const body = JSON.stringify({ Job: job('true', {}) })
      const put = [
        `PUT http://${listed}:${server.port}/api/v1/orchestrator/jobs HTTP/1.1`,
        `Host: ${listed}:${server.port}`,
        'Content-Type: application/json',
        `Content-Length: ${body.length}`,
        'Connection: close',
        '',
        body.replaceAll('"', '\\"'),
      ].join('\\r\\n')
      const alive = `wget -q -O - http://${listed}:${server.port}/api/v1/agent/alive; echo`
      const { out } = await run(`${alive}; (printf "${put}"; sleep 2) | nc 127.0.0.1 13128`, http)
      expect(out).toContain('"Status":"OK"')
      expect(out).toContain('HTTP/1.1 403')
      expect(out).toContain('rejecting job because HTTP header X-Bacalhau-Job-ID was set')
    })

    it('has ports of the machine, and is told which [R148]', async () => {
      const Ports = [{ Name: 'web', Target: 8080, HostNetwork: '127.0.0.1' }]
      const script =
        'trap "exit 0" TERM; echo "at $BACALHAU_HOST_PORT_web for $BACALHAU_PORT_web"; while true; do echo served | nc -l -p 8080 & wait; done'
      const id = await server.submit(job(script, { Type: 'Bridge', Ports }, { Type: 'service' }))
      let port = ''
      await until('it says its port', async () => {
        const { stdout } = await server.run(['job', 'logs', id])
        port = /at (\d+) for 8080/.exec(stdout)?.[1] ?? ''
        return port !== ''
      })
      const served = () => text(connect(Number(port), '127.0.0.1')).catch(() => '')
      await until('it serves', async () => (await served()) === 'served\n')
      await server.ok(['job', 'stop', id])
      await end(id)
    })

    it('goes on with its HTTP network after its node was killed, and leaves nothing [X14, X21]', async () => {
      const loop = `echo started; while ! ${get(listed).replace(' || echo refused', '')} | grep asked || [ ! -e /tmp/again ]; do touch /tmp/again; sleep 2; done`
      const id = await server.submit(job(loop, http))
      await until('it has started', async () => (await server.run(['job', 'logs', id])).stdout.includes('started'))
      await worker.stop('SIGKILL')
      await worker.start()
      const { state, out, execution } = await end(id)
      expect([state, execution.RunOutput?.ExitCode, out?.match(/asked/g)?.length]).toEqual(['Completed', 0, 2])
      // Other suites of the run may have left theirs on the same engine.
      const left = () => docker('ps', '-a', '--filter', `name=${id}`, '--format', '{{.Names}} {{.Status}}')
      await until('nothing is left', () => left() === '').catch((error: Error) => {
        throw new Error(`${error.message}: ${left()}`)
      })
    })
  })
})
