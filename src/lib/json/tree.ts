import { byteLength } from '../go/byte-text.ts'
import { type JsonMaker, JsonReader } from './reader.ts'

/** A JSON value that remembers where it stood and how its numbers were written. Equal keys are all kept, in order. */
export type JsonNode = { start: number; end: number } & (
  | { kind: 'null' }
  | { kind: 'bool'; value: boolean }
  | { kind: 'number'; source: string }
  | { kind: 'string'; value: string }
  | { kind: 'array'; items: JsonNode[] }
  | { kind: 'object'; keys: string[]; values: JsonNode[] }
)

const treeMaker: JsonMaker<JsonNode> = {
  literal: (value, start, end) => (value === null ? { kind: 'null', start, end } : { kind: 'bool', value, start, end }),
  text: (value, start, end) => ({ kind: 'string', value, start, end }),
  number: (source, start, end) => ({ kind: 'number', source, start, end }),
  array: (items, start, end) => ({ kind: 'array', items, start, end }),
  object: (keys, values, start, end) => ({ kind: 'object', keys, values, start, end }),
}

/** Reads JSON into a tree. Throws Fault('BadRequest') with Go's sentence, like parseJson. */
export const readJsonTree = (text: string, isAlone: boolean): JsonNode => new JsonReader(text, treeMaker).read(isAlone)

/**
 * How many bytes Go says it has read when a value does not fit: to the end of a simple one, past the bracket of another.
 */
export const offsetOfNode = (text: string, node: JsonNode): number =>
  byteLength(text.slice(0, node.kind === 'array' || node.kind === 'object' ? node.start + 1 : node.end))
