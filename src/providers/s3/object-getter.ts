import type { Dispatcher } from 'undici'

export type SignedRequest = { origin: string; path: string; headers: Readonly<Record<string, string>> }

export type ObjectGetterParts = {
  dispatcher: () => Promise<Dispatcher>
  /** The request for an object by its path on the endpoint. */
  signed: (path: string) => Promise<SignedRequest>
}

/** The store has answered, with something else than the object. */
export class Refused extends Error {}

type OwnHeaders = Readonly<Record<string, string>>

/**
 * The one request that is made by the ten thousand, without the AWS client around it, which takes longer for it than the store.
 * What is refused is for the client to ask again and to explain.
 */
export class ObjectGetter {
  readonly #parts: ObjectGetterParts

  constructor(parts: ObjectGetterParts) {
    this.#parts = parts
  }

  /** The answer to a question for an object, with these headers of its own; its body is to be read or dumped. */
  async answer(path: string, headers: OwnHeaders, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const request = await this.#request(path, headers)
    return (await this.#parts.dispatcher()).request({ ...request, signal })
  }

  /**
   * A small object as it came in. Without a stream, which takes longer for it than the network. Rejects when the store does not give
   * just so many bytes, with Refused when it gives none.
   */
  async whole(path: string, headers: OwnHeaders, sizeBytes: number, signal: AbortSignal): Promise<Buffer[]> {
    const request = await this.#request(path, headers)
    const dispatcher = await this.#parts.dispatcher()
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let leftBytes = sizeBytes
      let started: Dispatcher.DispatchController | undefined
      // Also while there is no line to the store yet.
      const stop = (): void => {
        started?.abort(signal.reason)
        reject(signal.reason)
      }
      signal.addEventListener('abort', stop, { once: true })
      dispatcher.dispatch(request, {
        onRequestStart(controller) {
          started = controller
          if (signal.aborted) controller.abort(signal.reason)
        },
        onResponseStart(controller, status) {
          if (status > 200) controller.abort(new Refused(`the store answered ${status}`))
        },
        onResponseData(controller, chunk) {
          leftBytes -= chunk.length
          if (leftBytes < 0) controller.abort(new Error('the object is larger'))
          else chunks.push(chunk)
        },
        onResponseEnd() {
          signal.removeEventListener('abort', stop)
          if (leftBytes === 0) resolve(chunks)
          else reject(new Error('the object is smaller'))
        },
        onResponseError(_, error) {
          signal.removeEventListener('abort', stop)
          reject(error)
        },
      })
    })
  }

  async #request(path: string, own: OwnHeaders): Promise<SignedRequest & { method: 'GET' }> {
    const { origin, path: whole, headers } = await this.#parts.signed(path)
    return { origin, path: whole, method: 'GET', headers: { ...headers, ...own } }
  }
}
