/** Words and how often they occur. */
export type Counts = Map<string, number>

/** Adds the lines `word<TAB>count` of one partition's result. */
export function addCounts(counts: Counts, text: string): void {
  for (const line of text.split('\n')) {
    const [word, count] = line.split('\t')
    if (word && count) counts.set(word, (counts.get(word) ?? 0) + Number(count))
  }
}

export const total = (counts: Counts): number => counts.values().reduce((sum, count) => sum + count, 0)

/** The most frequent words, most first; equal ones in their order. */
export const mostFrequent = (counts: Counts, count: number): [string, number][] =>
  [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, count)
