import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import type { EventLog } from '#lib/event-log.ts'
import { isNodeId, type NodeId } from '#models/ids.ts'
import type { Door, Rights, Visitor } from './door.ts'
import { isProven } from './key-proof.ts'
import { NodeRights } from './node-rights.ts'
import { Notices } from './notices.ts'
import { Replies } from './replies.ts'
import { type Holder, Seats } from './seats.ts'

export type NodeDoorParts = {
  /** What everybody has to know; '' = nothing. */
  token: string
  /** The broker's own node, whose name nobody else may have. */
  ownName: string
  clock: Clock
  /** The key that holds a name since its node first joined; undefined = none. */
  keyOf: (name: NodeId) => Promise<string | undefined>
  /** The first connection under a node's name has come, or the last one is gone. */
  onLine: (name: NodeId, isOpen: boolean) => void
  log: EventLog
}

/** Nodes use one connection or two. */
const connectionsPerNode = 16

const unwelcome = 'Authorization Violation'
/** The client is told no more than NATS tells. */
const wrongToken = 'the token is wrong'

/**
 * Lets in nodes: each under the name it gives, which no other machine holds, with the rights of that node. A machine is
 * known by the key it has shown, else by its address. A name that has joined by a key is open to that key only.
 */
export class NodeDoor implements Door {
  readonly #parts: NodeDoorParts
  readonly #seats: Seats
  readonly #notices: Notices

  constructor(parts: NodeDoorParts) {
    this.#parts = parts
    this.#seats = new Seats((name, isOpen) => parts.onLine(name as NodeId, isOpen))
    this.#notices = new Notices(parts.log)
  }

  get isLocked(): boolean {
    return this.#parts.token !== ''
  }

  async admit(visitor: Visitor): Promise<Rights | string> {
    const { address, options } = visitor
    const reason = this.#whyUnknown(visitor)
    if (reason !== undefined) {
      this.#parts.log('connection_refused', { address, reason })
      return reason === wrongToken ? unwelcome : `${unwelcome}: ${reason}`
    }
    const name = options['name'] as NodeId
    const key = options['nkey'] as string | undefined
    const holder: Holder = { visitor, machine: key ?? address, isAlone: key !== undefined }
    const why = await this.#seat(name, holder)
    if (why !== undefined) this.#notices.tell('node_refused', name, why, { address })
    return why ?? this.#rights(name, holder)
  }

  /** What is wrong with what it says of itself; undefined = nothing. */
  #whyUnknown({ options, nonce }: Visitor): string | undefined {
    const { name, auth_token: token, nkey: key, sig } = options
    if (!isSame(this.#parts.token, token)) return wrongToken
    if (typeof name !== 'string' || !isNodeId(name)) return "the connection has no node's name"
    if (key === undefined) return undefined
    return typeof key === 'string' && isProven(key, sig, nonce) ? undefined : 'the key is not proven'
  }

  /** Why not; undefined = the name is theirs. */
  async #seat(name: NodeId, holder: Holder): Promise<string | undefined> {
    if (name === this.#parts.ownName) return taken(name)
    const key = await this.#parts.keyOf(name)
    if (key !== undefined && key !== holder.machine) return taken(name)
    if (!(await this.#seats.hasRoom(name, connectionsPerNode))) return 'Maximum Connections Exceeded'
    const isOthers = (other: Holder): boolean => holder.isAlone || other.machine !== holder.machine
    const isIn = await this.#seats.contest(name, isOthers, () => this.#seats.add(name, holder))
    return isIn ? undefined : taken(name)
  }

  #rights(name: string, holder: Holder): Rights {
    return new NodeRights({
      node: name,
      replies: new Replies(this.#parts.clock),
      claim: (process) => this.#claim(name, holder, process),
      refused: (what) => this.#notices.tell('node_trespassed', name, what),
      left: () => this.#seats.remove(name, holder),
    })
  }

  /** Of two processes on one machine, the first keeps the name. */
  async #claim(name: string, holder: Holder, process: string): Promise<boolean> {
    const isOther = (other: Holder): boolean => other.process !== undefined && other.process !== process
    const isOurs = await this.#seats.contest(name, isOther, () => (holder.process = process))
    if (isOurs) return true
    this.#notices.tell('node_refused', name, taken(name), { address: holder.visitor.address })
    holder.visitor.fail(taken(name))
    return false
  }
}

const taken = (name: string): string => `${unwelcome}: another machine uses the node name ${name}`

const isSame = (secret: string, given: unknown): boolean => {
  if (secret === '') return true
  const [wanted, got] = [Buffer.from(secret), Buffer.from(typeof given === 'string' ? given : '')]
  return wanted.length === got.length && timingSafeEqual(wanted, got)
}
