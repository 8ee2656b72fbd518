/** A request as bytes will say it, right or wrong. */
export type WireRequest = {
  method: string
  /** Path and query, already escaped as far as it will be. */
  target: string
  headers: readonly (readonly [name: string, value: string])[]
  body: string
  framing: Framing
}

/** How the body says where it ends. */
export type Framing =
  | 'length'
  | 'chunked'
  | 'no length'
  | 'length too short'
  | 'length too long'
  | 'two lengths'
  | 'length and chunks'
  | 'length is no number'
  | 'no chunk'
  | 'cut chunk'
  | 'endless chunk size'

/** Those that leave the server waiting: nothing more is sent, and nobody has to answer. */
const unfinished: readonly Framing[] = ['length too long', 'cut chunk']

export type WireBytes = { bytes: Buffer; isWhole: boolean }

export function bytesOf({ method, target, headers, body, framing }: WireRequest): WireBytes {
  const { lines, bytes } = framed(Buffer.from(body), framing)
  const all = [['Host', 'x'], ['Connection', 'close'], ...headers, ...lines]
  const head = [`${method} ${target} HTTP/1.1`, ...all.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n')
  return { bytes: Buffer.concat([Buffer.from(head), bytes]), isWhole: !unfinished.includes(framing) }
}

function framed(body: Buffer, framing: Framing): { lines: [string, string][]; bytes: Buffer } {
  const length = (count: number | string): [string, string] => ['Content-Length', String(count)]
  const chunks: [string, string] = ['Transfer-Encoding', 'chunked']
  const size = body.length
  switch (framing) {
    case 'length':
      return { lines: [length(size)], bytes: body }
    case 'chunked':
      return { lines: [chunks], bytes: chunked(body) }
    case 'no length':
      return { lines: [], bytes: body }
    case 'length too short':
      return { lines: [length(Math.floor(size / 2))], bytes: body }
    case 'length too long':
      return { lines: [length(size + 10)], bytes: body }
    case 'two lengths':
      return { lines: [length(size), length(size + 1)], bytes: body }
    case 'length and chunks':
      return { lines: [length(size), chunks], bytes: chunked(body) }
    case 'length is no number':
      return { lines: [length('many')], bytes: body }
    case 'no chunk':
      return { lines: [chunks], bytes: Buffer.concat([Buffer.from('zz\r\n'), body]) }
    case 'cut chunk':
      return { lines: [chunks], bytes: Buffer.concat([Buffer.from(`${(size + 5).toString(16)}\r\n`), body]) }
    case 'endless chunk size':
      return { lines: [chunks], bytes: Buffer.from(`${'f'.repeat(40)}\r\n`) }
  }
}

/** In pieces of an odd size. */
function chunked(body: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; at < body.length; at += 97) {
    const piece = body.subarray(at, at + 97)
    pieces.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n'))
  }
  return Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')])
}
