/** What a client takes from where it runs, unless it is given something else: time that passes, and chance. */
export const surroundings = {
  /** Rejects with the reason of the signal when that comes first. */
  pause: (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
  newKey: (): string => crypto.randomUUID(),
}
