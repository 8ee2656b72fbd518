import type { Rights } from './door.ts'
import { type NodeSubjects, nodeSubjects, processOf } from './node-subjects.ts'
import type { Replies } from './replies.ts'

export type NodeRightsParts = {
  node: string
  replies: Replies
  /** Takes the node's name for this process, unless another one holds it. */
  claim: (process: string) => Promise<boolean>
  refused: (what: string) => void
  left: () => void
}

/** What a connection under a node's name may do: what this node says and hears, its own inboxes, and answers. */
export class NodeRights implements Rights {
  readonly sender: string
  readonly refused: (what: string) => void
  readonly left: () => void
  readonly #subjects: NodeSubjects
  readonly #replies: Replies
  readonly #claim: (process: string) => Promise<boolean>
  #process: string | undefined

  constructor({ node, replies, claim, refused, left }: NodeRightsParts) {
    this.sender = node
    this.refused = refused
    this.left = left
    this.#subjects = nodeSubjects(node)
    this.#replies = replies
    this.#claim = claim
  }

  /** The first inbox shows which process this is. */
  maySubscribe(pattern: string): boolean | Promise<boolean> {
    if (this.#subjects.isHeard(pattern)) return true
    const process = processOf(pattern)
    if (process === undefined || this.#process !== undefined) return process !== undefined && process === this.#process
    this.#process = process
    return this.#claim(process)
  }

  mayPublish(subject: string): boolean {
    return this.#subjects.isSaid(subject) || this.#replies.take(subject)
  }

  mayAskFor(reply: string): boolean {
    return this.#subjects.isHeard(reply) || (this.#process !== undefined && processOf(reply) === this.#process)
  }

  asked(reply: string): void {
    this.#replies.add(reply)
  }
}
