import { bytesOfText, textOfBytes } from '../go/byte-text.ts'
import { builtins } from './builtins.ts'
import { Executor } from './executor.ts'
import { parseTemplate } from './parser.ts'

const functions = new Set(Object.keys(builtins))

/**
 * Renders a Go text/template over named texts, with `missingkey=error`. `name` stands in messages and is what the text
 * itself can be called by. Throws Fault('BadRequest') with Go's sentence and a hint.
 * Bounds: 500 levels of nesting, a million steps, 16 million characters of output.
 */
export function renderTemplate(
  text: string,
  data: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
  { name = '' }: { name?: string } = {},
): string {
  const templates = parseTemplate(text, name, functions)
  const values = data instanceof Map ? data : new Map(Object.entries(data))
  const output = new Executor(templates, text, name).run(name, values as ReadonlyMap<string, string>)
  // Bytes of one character may have come from different actions.
  return output.isWellFormed() ? output : textOfBytes(bytesOfText(output))
}
