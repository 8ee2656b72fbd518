import type { Bus, BusMessage, Subscription } from '#contracts/bus.ts'
import { Fault } from '#lib/fault.ts'
import { matches } from '#nats/server/subjects.ts'
import type { Life } from './life.ts'
import type { World } from './world.ts'

type Listener = { life: Life; pattern: string; handler: (message: BusMessage) => void }

const latencyUs = { least: 100, most: 2_000 }
const longestDelayUs = 8_000_000

/** The wires between the processes: messages are delayed, dropped, doubled and overtaken; ways are cut. */
export class Network {
  readonly #world: World
  readonly #random
  /** As the orchestrator's own broker does; NATS servers do not tell them. */
  readonly #knowsSenders: boolean
  readonly #listeners = new Set<Listener>()
  readonly #cuts = new Set<string>()
  /** When the last message of each way arrives. */
  readonly #lastArrivalUs = new Map<string, number>()

  constructor(world: World) {
    this.#world = world
    this.#random = world.random.fork('network')
    this.#knowsSenders = world.random.fork('broker').happens(0.5)
  }

  bus(life: Life): SimulatedBus {
    life.onEnd(() => {
      for (const listener of this.#listeners) if (listener.life === life) this.#listeners.delete(listener)
    })
    return new SimulatedBus(this, this.#world, life)
  }

  cut(from: string, to: string): void {
    this.#cuts.add(`${from}>${to}`)
  }

  mend(from: string, to: string): void {
    this.#cuts.delete(`${from}>${to}`)
  }

  mendAll(): void {
    this.#cuts.clear()
  }

  listen(listener: Listener): Subscription {
    this.#listeners.add(listener)
    return { stop: () => this.#listeners.delete(listener) }
  }

  /** Returns whether anybody listens where the message can get to. */
  send(from: Life, said: BusMessage): boolean {
    const message = this.#as(from, said)
    const hearing = [...this.#listeners].filter(({ pattern }) => matches(pattern, message.subject))
    for (const listener of hearing) this.#carry(from, listener, message)
    return hearing.length > 0
  }

  /** As over a connection that is there or not: nothing is lost on the way. False = it cannot be sent now. */
  sendOnce(from: Life, said: BusMessage): boolean {
    const message = this.#as(from, said)
    const to = [...this.#listeners].find(({ pattern }) => matches(pattern, message.subject))
    if (!to || this.#cuts.has(`${from.name}>${to.life.name}`)) return false
    this.#deliverLater(`${from.name}>${to.life.name}`, to, message)
    return true
  }

  #as({ name }: Life, message: BusMessage): BusMessage {
    return this.#knowsSenders ? { ...message, sender: name } : message
  }

  #carry(from: Life, to: Listener, message: BusMessage): void {
    const way = `${from.name}>${to.life.name}`
    if (this.#cuts.has(way)) return this.#world.note(`cut ${way} ${message.subject}`)
    if (this.#world.strikes('message dropped')) return this.#world.note(`drop ${way} ${message.subject}`)
    this.#deliverLater(way, to, message)
    if (this.#world.strikes('message duplicated')) this.#deliverLater(way, to, message)
  }

  #deliverLater(way: string, to: Listener, message: BusMessage): void {
    const { timeline, faults } = this.#world
    let delayUs = this.#random.int(latencyUs.least, latencyUs.most)
    if (this.#world.strikes('message delayed')) delayUs += this.#random.int(0, longestDelayUs)
    const last = this.#lastArrivalUs.get(way) ?? 0
    if (timeline.nowUs + delayUs < last) {
      if (faults.isOrdered) delayUs = last - timeline.nowUs + 1
      else this.#world.counts.add('message reordered')
    }
    this.#lastArrivalUs.set(way, Math.max(last, timeline.nowUs + delayUs))
    timeline.after(delayUs, `${way} ${message.subject}`, () => {
      to.life.run(() => {
        if (this.#listeners.has(to)) to.handler(message)
      })
    })
  }
}

/** The bus as one life of a process uses it. */
class SimulatedBus implements Bus {
  readonly maxPayloadBytes = 1024 * 1024
  readonly #network: Network
  readonly #world: World
  readonly #life: Life

  constructor(network: Network, world: World, life: Life) {
    this.#network = network
    this.#world = world
    this.#life = life
  }

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    this.#send(subject, payload, reply)
  }

  async send(subject: string, payload: Uint8Array): Promise<void> {
    if (!this.#send(subject, payload, undefined))
      throw new Fault('ServiceUnavailable', `nobody listens on ${subject}`, { isRetryable: true })
  }

  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const inbox = `_INBOX.${this.#world.random.uuid()}`
      const end = (): void => {
        timer.stop()
        answer.stop()
      }
      const timer = this.#after(timeoutMs, () => {
        end()
        reject(new Fault('Timeout', `no answer on ${subject} within ${timeoutMs} ms`, { isRetryable: true }))
      })
      const answer = this.subscribe(inbox, (message) => {
        end()
        resolve(message.payload)
      })
      if (this.#send(subject, payload, inbox)) return
      end()
      reject(new Fault('ServiceUnavailable', `nobody listens on ${subject}`, { isRetryable: true }))
    })
  }

  subscribe(subject: string, handler: (message: BusMessage) => void): Subscription {
    return this.#network.listen({ life: this.#life, pattern: subject, handler })
  }

  onConnection(handler: (isConnected: boolean) => void): Subscription {
    handler(true)
    return { stop: () => {} }
  }

  async close(): Promise<void> {}

  #send(subject: string, payload: Uint8Array, reply: string | undefined): boolean {
    const message = { subject, payload: Uint8Array.from(payload), ...(reply === undefined ? {} : { reply }) }
    return this.#life.isAlive && this.#network.send(this.#life, message)
  }

  #after(delayMs: number, run: () => void) {
    return this.#world.timeline.after(delayMs * 1_000, `${this.#life.name} request timeout`, () => this.#life.run(run))
  }
}
