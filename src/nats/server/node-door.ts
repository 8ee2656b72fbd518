import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '#lib/clock.ts'
import { isNodeId } from '#models/ids.ts'
import type { Door, Rights, Visitor } from './door.ts'
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
  log: (event: string, fields: Record<string, unknown>) => void
}

/** Nodes use one connection or two. */
const connectionsPerNode = 16

const unwelcome = 'Authorization Violation'
const taken = `${unwelcome}: another machine uses this node name`

/** Lets in nodes: each under the name it gives, which no other machine holds, with the rights of that node. */
export class NodeDoor implements Door {
  readonly #parts: NodeDoorParts
  readonly #seats = new Seats()
  readonly #notices: Notices

  constructor(parts: NodeDoorParts) {
    this.#parts = parts
    this.#notices = new Notices(parts.log)
  }

  get isLocked(): boolean {
    return this.#parts.token !== ''
  }

  async admit(visitor: Visitor): Promise<Rights | string> {
    const { name, auth_token: token } = visitor.options
    if (!isSame(this.#parts.token, token)) return unwelcome
    if (typeof name !== 'string' || !isNodeId(name)) return `${unwelcome}: the connection has no node's name`
    const holder: Holder = { visitor, machine: visitor.address }
    const why = await this.#seat(name, holder)
    if (why !== undefined) this.#notices.tell('node_refused', name, why, { address: visitor.address })
    return why ?? this.#rights(name, holder)
  }

  /** Why not; undefined = the name is theirs. */
  async #seat(name: string, holder: Holder): Promise<string | undefined> {
    if (name === this.#parts.ownName) return taken
    if (this.#seats.count(name) >= connectionsPerNode) return 'Maximum Connections Exceeded'
    const isOthers = (other: Holder): boolean => other.machine !== holder.machine
    const isIn = await this.#seats.contest(name, isOthers, () => this.#seats.add(name, holder))
    return isIn ? undefined : taken
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
    this.#notices.tell('node_refused', name, taken, { address: holder.visitor.address })
    holder.visitor.fail(taken)
    return false
  }
}

const isSame = (secret: string, given: unknown): boolean => {
  if (secret === '') return true
  const [wanted, got] = [Buffer.from(secret), Buffer.from(typeof given === 'string' ? given : '')]
  return wanted.length === got.length && timingSafeEqual(wanted, got)
}
