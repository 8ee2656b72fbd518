/** Runs `flush` when the current turn of the event loop has been worked off, so that what it brought shares one sync. */
export const scheduleFlush = (flush: () => void): void => {
  setImmediate(flush)
}
