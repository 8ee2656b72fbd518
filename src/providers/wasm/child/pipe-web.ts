import { upFrameLimitBytes } from '../protocol/frames.ts'
import { packed, unpacked } from '../protocol/packet.ts'
import { type Web, type WebAnswer, type WebRequest, webCode } from '../wasi/web.ts'

/** The web as a child has it: its node asks, and the answer comes where orders come from. */
export class PipeWeb implements Web {
  readonly #send: (request: Uint8Array) => void
  readonly #receive: () => Buffer | undefined

  constructor(send: (request: Uint8Array) => void, receive: () => Buffer | undefined) {
    this.#send = send
    this.#receive = receive
  }

  ask({ body, ...head }: WebRequest): WebAnswer | number {
    const request = packed(head, body)
    if (request.length > upFrameLimitBytes) return webCode.tooLarge
    this.#send(request)
    const answer = this.#receive()
    if (answer === undefined) return webCode.networkError
    const { head: said, body: got } = unpacked(answer)
    return typeof said === 'number' ? said : { ...(said as Pick<WebAnswer, 'status' | 'headers'>), body: got }
  }
}

/** No web at all. */
export const noWeb: Web = { ask: () => webCode.notAllowed }
