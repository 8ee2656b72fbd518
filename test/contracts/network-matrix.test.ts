import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OpenGate } from '#contracts/http-gate.ts'
import { newNodeId } from '#models/ids.ts'
import type { NetworkConfig } from '#models/task.ts'
import { SystemClock } from '#platform/clock.ts'
import { addressGuard, defaultFetchGuard, defaultProxyGuard } from '#providers/address-guard.ts'
import { checkedAddresses } from '#providers/checked-addresses.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { dockerTarget } from '#providers/docker/docker-host.ts'
import { DockerEngine } from '#providers/docker/engine.ts'
import { executorIdOf, holderNameOf } from '#providers/docker/names.ts'
import { defaultDockerSettings } from '#providers/docker/settings.ts'
import { Gate } from '#providers/gate/gate.ts'
import { containerRequest, script } from '../kit/docker-rig.ts'
import { listenCommand } from '../kit/listen-command.ts'
import { type OwnBridge, ownBridge } from '../kit/own-bridge.ts'
import { ownCertificate } from '../kit/own-certificate.ts'
import { wasmCommand } from '../kit/wasm-command.ts'
import { WasmEngineKit, wasmProgram } from '../kit/wasm-engine.ts'
import { withDocker } from '../kit/with-docker.ts'

const networks = ['None', 'Full', 'Bridge', 'HTTP'] as const
type Network = (typeof networks)[number]

/**
 * What programs reach, by the network of their job. A job with HTTP has listed
 * `www.good.test` and `.wide.test`; where a network has no list, a name is but an address. `–`: WASM programs have no TLS of their own,
 * and whether neighbours on a bridge reach each other is for the firewall of the machine.
 */
const matrix = `
                                         docker                       wasm
                                         None   Full   Bridge HTTP    None   Full   Bridge HTTP
  a host of the list                   | no     yes    yes    yes   | no     yes    no     yes
  a host below one of the list         | no     yes    yes    yes   | no     yes    no     yes
  another host                         | no     yes    yes    no    | no     yes    no     no
  an address                           | no     yes    yes    no    | no     yes    no     no
  a name that leads to a private range | no     yes    yes    no    | no     yes    no     no
  a name that has been bound anew      | no     yes    yes    no    | no     yes    no     no
  a host that the Host header names    | no     yes    yes    no    | no     no     no     no
  a server that the TLS greeting names | no     yes    yes    no    | –      –      –      –
  the API of the node                  | no     yes    yes    no    | no     no     no     no
  the broker of the node               | no     yes    yes    no    | no     no     no     no
  the loopback of the machine          | no     yes    no     no    | no     yes    no     no
  another container                    | no     yes    –      no    | no     yes    no     no
  the metadata service of a cloud      | no     yes    no     no    | no     no     no     no
  that of another cloud                | no     yes    no     no    | no     no     no     no
  either by a name of the list         | no     yes    no     no    | no     no     no     no
`

const rows = matrix
  .split('\n')
  .filter((line) => line.includes('|'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
const targets = rows.map(([target = '']) => target)
type Cell = 'yes' | 'no'

/** One column, without what is no question there. */
function column(engine: 'docker' | 'wasm', network: Network): Record<string, Cell> {
  const cells = rows.map((row) => row[engine === 'docker' ? 1 : 2]?.split(/\s+/)[networks.indexOf(network)])
  const known = targets.map((target, i) => [target, cells[i]]).filter(([, cell]) => cell !== '–')
  return Object.fromEntries(known)
}

const never = new AbortController().signal
const clock = new SystemClock()
const neighbourPort = 7777
const [firstCloud, secondCloud] = ['169.254.169.254', '100.100.100.200']

/** Real servers at real addresses of this machine, which are those of the web, of a private network and of clouds. */
withDocker((host) => {
  let machine: OwnBridge
  let root: string
  let api: DockerApi
  let publicAddress: string
  let privateAddress: string
  let neighbourAddress: string
  const servers: Server[] = []
  /** What was reached, as its servers saw it. */
  const reached = new Set<string>()
  /** How much of its neighbour's output an earlier program caused. */
  let heardBefore = 0
  /** How often the name that is bound anew was looked up. */
  let looks = 0
  const ports = { web: 0, secure: 0, api: 0, broker: 0, loopback: 0 }
  const nodeId = newNodeId(randomUUID())
  let docker: DockerEngine
  let wasm: WasmEngineKit
  let neighbour: Awaited<ReturnType<typeof startDocker>>

  const listening = async (server: Server, address: string): Promise<number> => {
    servers.push(server)
    await once(server.listen(0, address), 'listening')
    return (server.address() as AddressInfo).port
  }
  /** Answers any connection, and remembers what it was asked, or that it was. */
  const serverOf = (remember: (words: string) => void): Server =>
    createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (words: Buffer) => {
        remember(words.toString('latin1'))
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      })
    })
  /** The number in the path is that of the target. */
  const asked = (words: string): void => {
    const target = targets[Number(/^\S+ \/(\d+) /.exec(words)?.[1])]
    if (!target) return
    if (target.includes('Host header') && !/^host: other\.test\r$/im.test(words)) return
    reached.add(target)
  }

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'bacalhau-matrix-'))
    machine = ownBridge((n) => [`203.0.113.${n}/32`, `10.214.${n}.1/32`, `${firstCloud}/32`, `${secondCloud}/32`])
    publicAddress = `203.0.113.${machine.number}`
    privateAddress = `10.214.${machine.number}.1`
    ports.web = await listening(serverOf(asked), '0.0.0.0')
    ports.api = await listening(serverOf(asked), '0.0.0.0')
    ports.broker = await listening(serverOf(asked), '0.0.0.0')
    ports.loopback = await listening(serverOf(asked), '127.0.0.1')
    const { cert, key } = ownCertificate(['www.good.test', 'other.test'])
    const secure = createHttps({
      SNICallback: (name, done) => {
        if (name === 'other.test') reached.add('a server that the TLS greeting names')
        done(null, createSecureContext({ cert, key }))
      },
    })
    ports.secure = await listening(secure, '0.0.0.0')
    secure.on('tlsClientError', () => {})

    const settings = { ...defaultDockerSettings, host: host() }
    api = new DockerApi(dockerTarget(settings), clock)
    docker = new DockerEngine(settings, { clock, owner: nodeId, http: { openGate, listenCommand } })
    wasm = new WasmEngineKit({}, wasmCommand, openGate)
    const answer = 'read line; echo "$line" >&2; printf "HTTP/1.0 200 OK\\r\\n\\r\\n"'
    neighbour = await startDocker(
      `echo ready; while true; do nc -l -p ${neighbourPort} -e /bin/sh -c '${answer}'; done`,
      { Type: 'Bridge' },
    )
    await neighbour.logs.untilPrinted('ready')
    neighbourAddress = await addressOf(holderNameOf(executorIdOf(nodeId), neighbour))
  })
  afterAll(async () => {
    await neighbour?.program.stop(0)
    await docker?.close()
    await wasm?.close()
    for (const server of servers) server.close()
    machine?.remove()
    rmSync(root, { recursive: true, force: true })
  })

  const addressOf = async (container: string): Promise<string> => {
    type Info = { NetworkSettings: { Networks: Record<string, { IPAddress: string }> } }
    const { NetworkSettings } = await api.call<Info>('GET', `/containers/${container}/json`)
    return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? ''
  }

  /** As the node wires it: jobs with a list pass the guard of the proxy, others what the node fetches inputs from. */
  const openGate: OpenGate = (order) => {
    const names: Record<string, () => string> = {
      'www.good.test': () => publicAddress,
      'a.wide.test': () => publicAddress,
      'other.test': () => publicAddress,
      'private.wide.test': () => privateAddress,
      'anew.wide.test': () => (looks++ === 0 ? publicAddress : privateAddress),
      'cloud.wide.test': () => firstCloud,
    }
    const settings = order.domains === 'all' ? defaultFetchGuard : { ...defaultProxyGuard, allowedPorts: [] }
    const guard = addressGuard(settings, () => [ports.api, ports.broker])
    const resolve = async (name: string) => {
      const found = names[name]?.()
      if (!found) throw new Error(`getaddrinfo ENOTFOUND ${name}`)
      return [found]
    }
    return new Gate(order, { addressesOf: checkedAddresses(guard, 'Compute.Network.HTTPProxy', resolve), clock })
  }

  /** The ways to each target, as URLs without their path; any of them counts. */
  const urlsOf = (target: string): string[] => {
    const at = (name: string, port = ports.web) => `http://${name}:${port}`
    switch (target) {
      case 'a host of the list':
      case 'a host that the Host header names':
        return [at('www.good.test')]
      case 'a host below one of the list':
        return [at('a.wide.test')]
      case 'another host':
        return [at('other.test')]
      case 'an address':
        return [at(publicAddress)]
      case 'a name that leads to a private range':
        return [at('private.wide.test')]
      case 'a name that has been bound anew':
        return [at('anew.wide.test')]
      case 'the API of the node':
        return ['www.good.test', publicAddress, privateAddress, '127.0.0.1', '[::ffff:127.0.0.1]'].map((name) =>
          at(name, ports.api),
        )
      case 'the broker of the node':
        return ['www.good.test', publicAddress, privateAddress, '127.0.0.1'].map((name) => at(name, ports.broker))
      case 'the loopback of the machine':
        return ['127.0.0.1', 'localhost', '127.1'].map((name) => at(name, ports.loopback))
      case 'another container':
        return [at(neighbourAddress, neighbourPort)]
      case 'the metadata service of a cloud':
        return [at(firstCloud)]
      case 'that of another cloud':
        return [at(secondCloud)]
      case 'either by a name of the list':
        return [at('cloud.wide.test')]
      default:
        return []
    }
  }

  const networkOf = (Type: Network): NetworkConfig =>
    Type === 'HTTP' ? { Type, Domains: ['www.good.test', '.wide.test'] } : { Type }

  /** What came of a column: what servers saw, the neighbour among them. */
  const answers = (engine: 'docker' | 'wasm', network: Network): Record<string, Cell> => {
    const number = targets.indexOf('another container')
    if (neighbour.logs.stderr.slice(heardBefore).includes(`GET /${number} `)) reached.add('another container')
    const known = Object.keys(column(engine, network))
    return Object.fromEntries(known.map((target) => [target, reached.has(target) ? 'yes' : 'no']))
  }
  const forget = () => {
    reached.clear()
    heardBefore = neighbour.logs.stderr.length
    looks = 0
  }

  const startDocker = async (text: string, network: NetworkConfig, EnvironmentVariables: string[] = []) => {
    const request = containerRequest(root, { ...script(text), EnvironmentVariables }, { network })
    return { ...request, program: await docker.start(request, never) }
  }

  /** First bytes of TLS to a server of this name. */
  const greeting = async (servername: string): Promise<string> => {
    const first = Promise.withResolvers<Buffer>()
    const door = createServer((socket) => void socket.on('error', () => {}).once('data', first.resolve))
    const client = connectTls({ port: await listening(door, '127.0.0.1'), host: '127.0.0.1', servername })
    client.on('error', () => {})
    const bytes = await first.promise
    client.destroy()
    return bytes.toString('base64')
  }

  /** Tries every way with what its variables say of a proxy, and without. */
  const scriptFor = (network: Network): string => {
    const known = column('docker', network)
    const listed = ['www.good', 'a.wide', 'other', 'anew.wide'].map((name) => `echo ${publicAddress} ${name}.test`)
    const names = [...listed, `echo ${privateAddress} private.wide.test`, `echo ${firstCloud} cloud.wide.test`]
    const get = (url: string, more = '') =>
      ['on', 'off'].map((proxy) => `timeout 5 wget -q -O /dev/null -Y ${proxy} ${more} ${url} 2>/dev/null`)
    const tries = targets.flatMap((target, number) => {
      if (!known[target]) return []
      // It leads elsewhere from the second look on.
      const before = target.includes('anew') ? get(`${urlsOf(target)[0]}/first`) : []
      const lie = target.includes('Host header') ? "--header 'Host: other.test'" : ''
      return [...before, ...urlsOf(target).flatMap((url) => get(`${url}/${number}`, lie))]
    })
    const connect = `CONNECT www.good.test:${ports.secure} HTTP/1.1\\r\\nHost: www.good.test:${ports.secure}\\r\\n\\r\\n`
    const hello = 'echo $HELLO | base64 -d; sleep 1'
    const greet = [
      `(printf '${connect}'; sleep 1; ${hello}) | nc -w 3 127.0.0.1 13128 >/dev/null 2>&1`,
      `(${hello}) | nc -w 3 ${publicAddress} ${ports.secure} >/dev/null 2>&1`,
    ]
    return [`(${names.join('; ')}) >> /etc/hosts`, ...tries, ...greet, 'echo end'].join('\n')
  }

  describe('the network of a job [R148–R154, X16, S5, S6]', () => {
    it.each(networks)('%s lets a container reach what it should and nothing else', async (network) => {
      forget()
      const hello = await greeting('other.test')
      const { program, logs } = await startDocker(scriptFor(network), networkOf(network), [`HELLO=${hello}`])
      expect((await program.exit).exitCode, logs.stderr).toBe(0)
      // A server may tell of it a moment later.
      await expect.poll(() => answers('docker', network)).toEqual(column('docker', network))
    })

    it.each(networks)('%s lets a WASM program reach what it should and nothing else', async (network) => {
      forget()
      const get = async (url: string, headers = '') => {
        await wasm.run(wasmProgram('web', { Parameters: ['0', url, headers] }), { network: networkOf(network) })
      }
      for (const [number, target] of targets.entries()) {
        if (target.includes('anew')) await get(`${urlsOf(target)[0]}/first`)
        for (const url of urlsOf(target))
          await get(`${url}/${number}`, target.includes('Host header') ? 'Host: other.test' : '')
      }
      await expect.poll(() => answers('wasm', network)).toEqual(column('wasm', network))
    })
  })
})
