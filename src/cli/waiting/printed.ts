import type { LogFrame } from '#api/job-streams.ts'

/** What a frame brings of an output: as it was printed from a server that sends bytes, else as text. */
export const printedIn = ({ value: { Line, Bytes } }: LogFrame): Uint8Array =>
  Bytes === undefined ? Buffer.from(Line) : Buffer.from(Bytes, 'base64')

/** As the server counts it. */
export const printedLength = ({ value: { Line, Bytes } }: LogFrame): number =>
  Bytes === undefined ? Line.length : Buffer.byteLength(Bytes, 'base64')
