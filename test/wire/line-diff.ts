/** The lines that only one of two texts has, in order: `- recorded` and `+ ours`. */
export function lineDiff(recorded: readonly string[], ours: readonly string[]): string[] {
  const lengths = commonLengths(recorded, ours)
  const out: string[] = []
  let [i, j] = [0, 0]
  while (i < recorded.length || j < ours.length) {
    if (i < recorded.length && j < ours.length && recorded[i] === ours[j]) {
      i++
      j++
    } else if (j >= ours.length || (i < recorded.length && at(lengths, i + 1, j) >= at(lengths, i, j + 1)))
      out.push(`- ${JSON.stringify(recorded[i++])}`)
    else out.push(`+ ${JSON.stringify(ours[j++])}`)
  }
  return out
}

const at = (lengths: readonly (readonly number[])[], i: number, j: number): number => lengths[i]?.[j] ?? 0

/** Longest common subsequences of all pairs of endings. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? []
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = a[i] === b[j] ? at(lengths, i + 1, j + 1) + 1 : Math.max(at(lengths, i + 1, j), row[j + 1] ?? 0)
  }
  return lengths
}
