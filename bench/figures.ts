/** Sorted smallest first. */
const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b)

/** The value that the fraction `q` (0 … 1) of the values do not exceed. */
export function quantile(values: readonly number[], q: number): number {
  const list = sorted(values)
  const index = Math.min(list.length - 1, Math.max(0, Math.ceil(q * list.length) - 1))
  return list[index] ?? Number.NaN
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** One line of the table. `runs` has one value per run, in `unit`; `isMet` is asked with the median. */
export type Figure = {
  id: string
  what: string
  unit: string
  runs: number[]
  /** What the machine itself could do, measured in the same run; text when it is not a number of the same unit. */
  limit?: number | string
  target?: string
  isMet?: (value: number) => boolean
}

/** A figure with a target: the median of the runs must be at most, or at least, this. */
export const atMost = (most: number, unit: string) => ({
  target: `<= ${most} ${unit}`,
  isMet: (value: number) => value <= most,
})
export const atLeast = (least: number, unit: string) => ({
  target: `>= ${least} ${unit}`,
  isMet: (value: number) => value >= least,
})

/** Makes figures of one scenario, whose texts all begin with `of`. */
export const figuresOf =
  (id: string, of: string) =>
  (what: string, unit: string, runs: number[], rest: Partial<Figure> = {}): Figure => ({
    id,
    what: `${of}: ${what}`,
    unit,
    runs,
    ...rest,
  })

export const isMissed = ({ runs, isMet }: Figure): boolean => isMet !== undefined && !isMet(median(runs))

/** The figures as a table of text. */
export function table(figures: readonly Figure[]): string {
  const head = ['', 'scenario', 'median', 'spread', 'limit', 'target', '']
  const rows = figures.map((figure) => [
    figure.id,
    figure.what,
    `${shown(median(figure.runs))} ${figure.unit}`,
    figure.runs.length > 1 ? `${shown(Math.min(...figure.runs))} … ${shown(Math.max(...figure.runs))}` : '',
    typeof figure.limit === 'number' ? shown(figure.limit) : (figure.limit ?? ''),
    figure.target ?? '',
    figure.isMet ? (isMissed(figure) ? 'MISSED' : 'met') : '',
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)))
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Three significant digits, thousands separated. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}
