import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { NetworkConfig, Port } from '#models/task.ts'

/** How it stands with a port at an address; tried by listening for a moment. `elsewhere`: this machine has no such address. */
export type LookAtPort = (address: string, port: number) => Promise<'free' | 'taken' | 'elsewhere'>

/** First and last port that are handed out where a job names none. */
export type PortRange = { first: number; last: number }

/** How this machine's ports are handed out; `begin`: where in the range, as a part of it from 0 to below 1. */
export type PortParts = { range: PortRange; look: LookAtPort; begin: number }

/** A port with its numbers: of the machine, and where the program listens. */
export type OpenPort = Port & { Static: number; Target: number }

const everyAddress = '0.0.0.0'

/** Ports of the machine that executions have, so that no two get the same. */
export class PortPool {
  readonly #range: PortRange
  readonly #look: LookAtPort
  readonly #taken = new Map<number, ExecutionId>()
  /** Round robin: a port that was just given back is not the next to be handed out. */
  #next: number

  /** Nodes of one machine begin at different places: what one has chosen is not free for the other only once its program runs. */
  constructor({ range, look, begin }: PortParts) {
    this.#range = range
    this.#look = look
    this.#next = range.first + Math.floor((range.last - range.first + 1) * begin)
  }

  /** Takes all ports of a network, or none. Throws a Fault of class `node` when one cannot be had here now. */
  async take(id: ExecutionId, { Ports = [] }: NetworkConfig): Promise<OpenPort[]> {
    try {
      const open: OpenPort[] = []
      for (const port of Ports) {
        const Static = port.Static ? await this.#named(id, port, port.Static) : await this.#any(id, port)
        open.push({ ...port, Static, Target: port.Target || Static })
      }
      return open
    } catch (error) {
      this.release(id)
      throw error
    }
  }

  /** What a job names and cannot have now, for its bid: ports, and addresses that other nodes may have. */
  async missing({ Ports = [] }: NetworkConfig): Promise<{ ports: number[]; addresses: string[] }> {
    const states = await Promise.all(Ports.map((port) => this.#stateOf(port)))
    const all = (state: string) => Ports.filter((_, at) => states[at] === state)
    return { ports: all('taken').map(({ Static = 0 }) => Static), addresses: all('elsewhere').map(addressOf) }
  }

  release(id: ExecutionId): void {
    for (const [port, owner] of this.#taken) if (owner === id) this.#taken.delete(port)
  }

  async #named(id: ExecutionId, port: Port, number: number): Promise<number> {
    if (await this.#claim(id, port, number)) return number
    throw unavailable(`port ${number} is already in use`)
  }

  async #any(id: ExecutionId, port: Port): Promise<number> {
    const { first, last } = this.#range
    for (let tried = first; tried <= last; tried++) {
      const number = this.#next
      this.#next = number >= last ? first : number + 1
      if (await this.#claim(id, port, number)) return number
    }
    throw unavailable(`no available ports in range ${first}-${last}`)
  }

  /** Kept before it is tried, so that nobody else takes it meanwhile. */
  async #claim(id: ExecutionId, port: Port, number: number): Promise<boolean> {
    if (this.#taken.has(number)) return false
    this.#taken.set(number, id)
    const state = await this.#look(addressOf(port), number)
    if (state === 'free') return true
    this.#taken.delete(number)
    if (state === 'elsewhere') throw unavailable(`this node has no address ${addressOf(port)}`, addressHint)
    return false
  }

  async #stateOf(port: Port): ReturnType<LookAtPort> {
    const { Static = 0 } = port
    return this.#taken.has(Static) ? 'taken' : this.#look(addressOf(port), Static)
  }
}

const addressOf = ({ HostNetwork }: Port): string => HostNetwork || everyAddress

export const addressHint = 'Leave out HostNetwork for all addresses of the node'

const unavailable = (
  message: string,
  hint = 'Another node may have it; without a Static number a port is chosen that is free',
): Fault => new Fault('ResourceInUse', message, { hint, details: { FailureClass: 'node' } })
