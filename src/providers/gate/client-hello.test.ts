import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readClientHello } from './client-hello.ts'

/** What a real client says first. */
async function greeting(servername?: string): Promise<Buffer> {
  let heard: (bytes: Buffer) => void
  const said = new Promise<Buffer>((resolve) => {
    heard = resolve
  })
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => {
      heard(chunk)
      done()
    },
  })
  const client = connect({ socket: wire, ...(servername && { servername }), rejectUnauthorized: false })
  client.on('error', () => {})
  const bytes = await said
  wire.destroy()
  await once(client, 'close')
  return bytes
}

/** The same message in records of at most `size` bytes. */
function inRecords(bytes: Buffer, size: number): Buffer {
  const message = bytes.subarray(5)
  const count = Math.ceil(message.length / size)
  const records = Array.from({ length: count }, (_, i) => {
    const part = message.subarray(i * size, (i + 1) * size)
    return Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part])
  })
  return Buffer.concat(records)
}

describe('the greeting of a TLS client', async () => {
  const named = await greeting('www.example.com')

  it('tells the server that it asks for', async () => {
    expect(readClientHello(named)).toEqual({ kind: 'hello', serverName: 'www.example.com' })
    expect(readClientHello(await greeting())).toEqual({ kind: 'hello', serverName: undefined })
  })

  it('is waited for until it is whole, and put together from pieces', () => {
    for (let length = 0; length < named.length; length++) {
      expect(readClientHello(named.subarray(0, length)), String(length)).toEqual({ kind: 'partial' })
    }
    const pieces = inRecords(named, 50)
    expect(readClientHello(pieces)).toEqual({ kind: 'hello', serverName: 'www.example.com' })
    expect(readClientHello(pieces.subarray(0, -1))).toEqual({ kind: 'partial' })
  })

  it('is none when it is cut into crumbs, announces too much, or is another message', () => {
    const invalid = { kind: 'invalid' }
    expect(readClientHello(inRecords(named, 1))).toEqual(invalid)
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]))).toEqual(invalid)
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 1]))).toEqual(invalid)
    expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n'))).toEqual(invalid)
  })

  it('is none when it names two servers', () => {
    const name = Buffer.from('www.example.com')
    const at = named.indexOf(name) - 9
    // The whole extension once more, and all lengths around it with it.
    const extension = named.subarray(at, at + 9 + name.length)
    const twice = Buffer.concat([named.subarray(0, at), extension, named.subarray(at)])
    twice.writeUInt16BE(twice.readUInt16BE(3) + extension.length, 3)
    twice.writeUIntBE(twice.readUIntBE(6, 3) + extension.length, 6, 3)
    const lengthAt = lengthOfExtensionsAt(twice)
    twice.writeUInt16BE(twice.readUInt16BE(lengthAt) + extension.length, lengthAt)
    expect(readClientHello(twice)).toEqual({ kind: 'invalid' })
  })

  it('is read without harm whatever the bytes are', () => {
    const place = fc.record({ at: fc.nat(named.length - 1), value: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(place, { maxLength: 20 }), (places) => {
        const bytes = Buffer.from(named)
        for (const { at, value } of places) bytes[at] = value
        expect(['hello', 'partial', 'invalid']).toContain(readClientHello(bytes).kind)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

function lengthOfExtensionsAt(hello: Buffer): number {
  const session = 9 + 2 + 32
  const suites = session + 1 + (hello[session] ?? 0)
  const compression = suites + 2 + hello.readUInt16BE(suites)
  return compression + 1 + (hello[compression] ?? 0)
}
