/** The first of several ids, as a refusal names them: `[a b c ...]`. */
export const someIds = (ids: readonly string[]): string =>
  `[${ids.slice(0, 3).join(' ')}${ids.length > 3 ? ' ...' : ''}]`
