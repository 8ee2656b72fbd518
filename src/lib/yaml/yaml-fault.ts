import { Fault } from '../fault.ts'

/** A place in a YAML text; everything counts from 0. `index` and `column` count code points. */
export type Mark = { index: number; line: number; column: number }

/** A place as people say it; everything counts from 1. */
export type Position = { line: number; column: number }

export const positionOfMark = (mark: Mark): Position => ({ line: mark.line + 1, column: mark.column + 1 })

export type YamlProblem = {
  /** Where it went wrong; the hint says line and column. */
  mark?: Mark
  /** Where the surrounding construct began. */
  contextMark?: Mark
  /** Who noticed: the rule by which Go's reader counts its `line N` differs. */
  by?: 'scanner' | 'parser' | 'decoder'
}

/**
 * The refusal of a YAML text. The message is the sentence of Go's reader, with its own way of counting lines
 * (none on the first line, one too few for the parser); hint and details have the true line and column.
 */
export function yamlFault(problem: string, { mark, contextMark, by = 'decoder' }: YamlProblem = {}): Fault {
  const line = by === 'decoder' ? 0 : goLine(by, mark, contextMark)
  const message = `yaml: ${line > 0 ? `line ${line}: ` : ''}${problem}`
  if (mark === undefined) return new Fault('BadRequest', message)
  const at = positionOfMark(mark)
  return new Fault('BadRequest', message, {
    hint: `Look at line ${at.line}, column ${at.column} of the YAML text.`,
    details: { Line: String(at.line), Column: String(at.column) },
  })
}

function goLine(by: 'scanner' | 'parser', mark?: Mark, contextMark?: Mark): number {
  if (mark !== undefined && mark.line !== 0) return by === 'scanner' ? mark.line + 1 : mark.line
  return contextMark?.line ?? 0
}
