/** Runs `flush` when the current turn of the event loop has been worked off, so that what it brought shares one sync. */
export const scheduleFlush = (flush: () => void): void => {
  setImmediate(flush)
}

let seenEvents = 0

/** Whether the event loop has found anything to do since this was last asked. */
export const isBusy = (): boolean => {
  const { events } = performance.nodeTiming.uvMetricsInfo
  const isMore = events !== seenEvents
  seenEvents = events
  return isMore
}
