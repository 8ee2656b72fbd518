import { stat } from 'node:fs/promises'

/** Of a file, in bytes; undefined when there is none. */
export const sizeOf = (path: string): Promise<number | undefined> =>
  stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
