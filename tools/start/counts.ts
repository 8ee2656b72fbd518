/** Words and how often they occur. A word is kept as its bytes, one character each. */
export type Counts = Map<string, number>

/** Adds the lines `count<TAB>word` of one part's result. */
export function addCounts(counts: Counts, result: Buffer): void {
  for (const line of result.toString('latin1').split('\n')) {
    const [count, word] = line.split('\t')
    if (word && count) counts.set(word, (counts.get(word) ?? 0) + Number(count))
  }
}

export const total = (counts: Counts): number => counts.values().reduce((sum, count) => sum + count, 0)

/** The most frequent words, most first; equal ones in their order. */
export const mostFrequent = (counts: Counts, count: number): [string, number][] =>
  [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, count)

export const areSame = (one: Counts, other: Counts): boolean =>
  one.size === other.size && one.entries().every(([word, count]) => other.get(word) === count)

/** A word as it is read. */
export const textOf = (word: string): string => Buffer.from(word, 'latin1').toString('utf8')
