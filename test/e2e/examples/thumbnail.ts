import { inflateSync } from 'node:zlib'

export type Points = { width: number; height: number; at(x: number, y: number): number[] }

/** A PNG of 8 bits per colour whose lines are not filtered. */
export function readPng(png: Buffer): Points {
  const chunks = new Map<string, Buffer>()
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    chunks.set(png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  }
  const header = chunks.get('IHDR') as Buffer
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const points = inflateSync(chunks.get('IDAT') as Buffer)
  if (points.length !== height * (1 + 3 * width)) throw new Error(`${points.length} bytes of points`)
  return { width, height, at: (x, y) => [...points.subarray(y * (1 + 3 * width) + 1 + 3 * x).subarray(0, 3)] }
}

/** A BMP of 24 bits, its lines from the bottom up. */
export function readBmp(bmp: Buffer): Points {
  const [width, height] = [bmp.readInt32LE(18), bmp.readInt32LE(22)]
  const lineBytes = Math.ceil((width * 3) / 4) * 4
  const at = (x: number, y: number) =>
    [...bmp.subarray(54 + (height - 1 - y) * lineBytes + 3 * x).subarray(0, 3)].reverse()
  return { width, height, at }
}
