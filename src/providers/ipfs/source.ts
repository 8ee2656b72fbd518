import { cidBytes } from '#lib/cid.ts'
import { Fault } from '#lib/fault.ts'
import { decodeParams } from '#lib/params.ts'
import type { SpecConfig } from '#models/spec-config.ts'

/** Content of IPFS: an id, and the way from there to what is meant. */
export type IpfsSource = { text: string; cidBytes: Uint8Array; names: string[] }

/** Reads `CID`, or `CID/folder/file`, of an input or a result; a Fault for text that is none. */
export function decodeIpfsSource({ Params }: SpecConfig): IpfsSource {
  const { CID: text = '' } = decodeParams(Params ?? {}, 'Source', { CID: 'string' })
  if (text.trim() === '') throw wrong('cid cannot be empty')
  const [id = '', ...names] = text.replace(/\/+$/, '').split('/')
  const bytes = cidBytes(id)
  if (!bytes) throw wrong(`${JSON.stringify((id || text).slice(0, 200))} is not a CID`)
  const step = names.find((name) => ['', '.', '..'].includes(name))
  if (step !== undefined) throw wrong(`${JSON.stringify(text)} has a step ${JSON.stringify(step)}, which names nothing`)
  return { text, cidBytes: bytes, names }
}

const wrong = (what: string): Fault =>
  new Fault('ValidationError', `invalid ipfs params. ${what}`, {
    hint: 'CID is the id of a file or folder, with the path to one below it after a slash: no ipfs:// before it',
  })
