/** What `work` comes to, unless the signal says first that it is not waited for any more: then its reason is thrown. */
export function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    const ignore = () => signal.removeEventListener('abort', abort)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    work.then(
      (value) => {
        ignore()
        resolve(value)
      },
      (error: unknown) => {
        ignore()
        reject(error)
      },
    )
  })
}
