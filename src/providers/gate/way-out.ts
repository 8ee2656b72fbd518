import { connect, type Socket } from 'node:net'
import type { AddressesOf } from '#contracts/addresses.ts'
import type { GateOrder, Traffic } from '#contracts/http-gate.ts'
import { isAllowedDomain } from '#lib/domains.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Authority } from './authority.ts'

const connectTimeoutMs = 10_000

/** Connections to servers for one program: only to hosts of its list and addresses that were checked. Counts what they carry. */
export class WayOut {
  readonly #domains: GateOrder['domains']
  readonly #addressesOf: AddressesOf
  readonly #open = new Set<Socket>()
  #closedSent = 0
  #closedReceived = 0
  #isClosed = false

  constructor(domains: GateOrder['domains'], addressesOf: AddressesOf) {
    this.#domains = domains
    this.#addressesOf = addressesOf
  }

  get bytes(): Pick<Traffic, 'sentBytes' | 'receivedBytes'> {
    const open = [...this.#open]
    return {
      sentBytes: open.reduce((sum, socket) => sum + socket.bytesWritten, this.#closedSent),
      receivedBytes: open.reduce((sum, socket) => sum + socket.bytesRead, this.#closedReceived),
    }
  }

  /** A connection that is open. Throws a Fault Forbidden for what must not be reached, ServiceUnavailable for what does not answer. */
  async connect({ host, port }: Authority): Promise<Socket> {
    if (!isNamed(this.#domains, host)) throw notNamed(host)
    let failure: unknown
    for (const address of await this.#checked(host, port)) {
      try {
        return this.#counted(await connected(address, port))
      } catch (error) {
        failure = error
      }
    }
    throw unreachable(host, port, failure)
  }

  close(): void {
    this.#isClosed = true
    for (const socket of this.#open) socket.destroy()
  }

  async #checked(host: string, port: number): Promise<readonly string[]> {
    try {
      return await this.#addressesOf(host, port)
    } catch (error) {
      throw error instanceof Fault ? error : unreachable(host, port, error)
    }
  }

  #counted(socket: Socket): Socket {
    this.#open.add(socket)
    // Whoever uses it learns of a failure by its end.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#open.delete(socket)
      this.#closedSent += socket.bytesWritten
      this.#closedReceived += socket.bytesRead
    })
    if (this.#isClosed) socket.destroy()
    return socket
  }
}

const isNamed = (domains: GateOrder['domains'], host: string): boolean =>
  domains === 'all' || domains.some((domain) => isAllowedDomain(domain, host))

const connected = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, timeout: connectTimeoutMs })
    const late = () => socket.destroy(new Error('no answer'))
    socket.once('timeout', late)
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('timeout', late)
      socket.off('error', reject)
      resolve(socket)
    })
  })

const notNamed = (host: string): Fault =>
  new Fault('Forbidden', `${host} is none of the domains of the job`, {
    hint: 'Name it in the Domains of the task’s Network',
  })

const unreachable = (host: string, port: number, error: unknown): Fault =>
  new Fault('ServiceUnavailable', `cannot reach ${host}:${port}: ${messageOf(error)}`, { status: 502, cause: error })
