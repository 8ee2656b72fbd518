import { Fault } from '#lib/fault.ts'
import type { ExecutionId } from '#models/ids.ts'
import type { NetworkConfig, Port } from '#models/task.ts'

/** Whether nobody listens on a port of this machine at an address; tried by listening for a moment. */
export type IsPortFree = (address: string, port: number) => Promise<boolean>

/** First and last port that are handed out where a job names none. */
export type PortRange = { first: number; last: number }

/** How this machine's ports are handed out; `begin`: where in the range, as a part of it from 0 to below 1. */
export type PortParts = { range: PortRange; isFree: IsPortFree; begin: number }

/** A port with its numbers: of the machine, and where the program listens. */
export type OpenPort = Port & { Static: number; Target: number }

const everyAddress = '0.0.0.0'

/** Ports of the machine that executions have, so that no two get the same. */
export class PortPool {
  readonly #range: PortRange
  readonly #isFree: IsPortFree
  readonly #taken = new Map<number, ExecutionId>()
  /** Round robin: a port that was just given back is not the next to be handed out. */
  #next: number

  /** Nodes of one machine begin at different places: what one has chosen is not free for the other only once its program runs. */
  constructor({ range, isFree, begin }: PortParts) {
    this.#range = range
    this.#isFree = isFree
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

  /** Ports that a job names and cannot have now, for its bid. */
  async missing({ Ports = [] }: NetworkConfig): Promise<number[]> {
    const named = Ports.flatMap((port) => (port.Static ? [{ ...port, Static: port.Static }] : []))
    const isFree = await Promise.all(named.map((port) => this.#isAvailable(port, port.Static)))
    return named.flatMap(({ Static }, at) => (isFree[at] ? [] : [Static]))
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
    if (await this.#isFree(port.HostNetwork || everyAddress, number)) return true
    this.#taken.delete(number)
    return false
  }

  async #isAvailable({ HostNetwork }: Port, number: number): Promise<boolean> {
    return !this.#taken.has(number) && (await this.#isFree(HostNetwork || everyAddress, number))
  }
}

const unavailable = (message: string): Fault =>
  new Fault('ResourceInUse', message, {
    hint: 'Another node may have it; without a Static number a port is chosen that is free',
    details: { FailureClass: 'node' },
  })
