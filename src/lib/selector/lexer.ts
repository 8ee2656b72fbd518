/** A word or a symbol of a selector. `end` stands behind the last one. */
export type Token = { kind: 'word' | 'in' | 'notin' | Symbol | 'end'; text: string }
type Symbol = '=' | '==' | '!=' | '!' | '>' | '<' | '(' | ')' | ','

const symbols: readonly string[] = ['=', '==', '!=', '!', '>', '<', '(', ')', ',']

/** Cuts a selector into tokens; the longest symbol wins. NUL ends a token, and the text where no token stands before it. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const [whole, piece] of text.matchAll(/([=!(),><]+|[^=!(),> \t\r\n\0<]+)\0?|\0/g)) {
    if (piece === undefined || whole === '\0') break
    if (/^[=!(),><]/.test(piece)) tokens.push(...symbolsOf(piece))
    else tokens.push({ kind: piece === 'in' || piece === 'notin' ? piece : 'word', text: piece })
  }
  return [...tokens, { kind: 'end', text: '' }]
}

function* symbolsOf(run: string): Generator<Token> {
  for (let at = 0; at < run.length; ) {
    const two = run.slice(at, at + 2)
    const text = symbols.includes(two) ? two : (run[at] as string)
    yield { kind: text as Symbol, text }
    at += text.length
  }
}
