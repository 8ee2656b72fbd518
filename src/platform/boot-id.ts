import { readFile } from 'node:fs/promises'

/** Names this start of the machine. Where the system tells none, each call counts as one. */
export const bootId = (): Promise<string> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    // Not of `node:crypto`, which would take a sixth of the time of `--help` to load.
    () => crypto.randomUUID(),
  )
