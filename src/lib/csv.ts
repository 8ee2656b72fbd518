import { Fault } from './fault.ts'
import { byteLength } from './go/byte-text.ts'

/**
 * The first CSV record of a text, by the rules of Go's reader: fields may be quoted, quotes inside are doubled, empty lines
 * before it are skipped. Throws Fault('BadRequest') with Go's sentence; a text without any record is `EOF`.
 */
export function readCsvRecord(source: string): string[] {
  const text = source.replace(/\r$/, '').replaceAll('\r\n', '\n')
  const start = /^\n*/.exec(text)?.[0].length ?? 0
  if (start === text.length) throw new Fault('BadRequest', 'EOF')
  const fields: string[] = []
  let at = start
  for (;;) {
    const end = text[at] === '"' ? quotedEnd(text, at, start) : plainEnd(text, at, start)
    const field = text.slice(at, end)
    fields.push(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field)
    if (text[end] !== ',') return fields
    at = end + 1
  }
}

function plainEnd(text: string, at: number, start: number): number {
  const field = /[^,\n]*/y
  field.lastIndex = at
  const length = field.exec(text)?.[0].length ?? 0
  const quote = text.slice(at, at + length).indexOf('"')
  if (quote !== -1) throw csvFault(text, at + quote, start, 'bare " in non-quoted-field')
  return at + length
}

/** Behind the closing quote. */
function quotedEnd(text: string, at: number, start: number): number {
  for (let quote = text.indexOf('"', at + 1); ; quote = text.indexOf('"', quote + 2)) {
    if (quote === -1) throw csvFault(text, text.length, start, 'extraneous or missing " in quoted-field')
    const next = text[quote + 1]
    if (next === undefined || next === ',' || next === '\n') return quote + 1
    if (next !== '"') throw csvFault(text, quote, start, 'extraneous or missing " in quoted-field')
  }
}

function csvFault(text: string, at: number, start: number, problem: string): Fault {
  // The end of the text belongs to the line before it, even behind its line end.
  const lineStart = text.lastIndexOf('\n', at === text.length ? at - 2 : at - 1) + 1
  const line = text.slice(0, lineStart).split('\n').length
  const column = byteLength(text.slice(lineStart, at)) + 1
  const record = start + 1
  const where = `parse error on line ${line}, column ${column}: ${problem}`
  return new Fault('BadRequest', line === record ? where : `record on line ${record}; ${where}`, {
    hint: 'Put a value with commas or quotes in double quotes and double the quotes inside.',
  })
}
