const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const perMs = 1_000_000n
/** The millisecond a moment is in, before 1970 too. */
const dateOf = (ns: bigint): Date => new Date(Number((ns - (((ns % perMs) + perMs) % perMs)) / perMs))
const two = (value: number): string => String(value).padStart(2, '0')
const clock = (date: Date): string =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`

/** Unix nanoseconds as `2024-06-18 10:05:33`, UTC; 0 is 1970. */
export function dateTime(ns: bigint): string {
  const date = dateOf(ns)
  return `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())} ${clock(date)}`
}

/** Unix nanoseconds as `Jun 18 10:05:33.123`, UTC, the day padded with a blank. */
export function stampMillis(ns: bigint): string {
  const date = dateOf(ns)
  const day = String(date.getUTCDate()).padStart(2)
  return `${monthNames[date.getUTCMonth()]} ${day} ${clock(date)}.${String(date.getUTCMilliseconds()).padStart(3, '0')}`
}

const units = [
  ['d', 86_400n],
  ['h', 3_600n],
  ['m', 60n],
  ['s', 1n],
] as const

/** How long ago: the two biggest units, the second only when it is not 0: `3m ago`, `2h14m ago`. Never in the future. */
export function elapsed(sinceNs: bigint, nowNs: bigint): string {
  return `${ageText(nowNs > sinceNs ? (nowNs - sinceNs) / 1_000_000_000n : 0n)} ago`
}

/** Whole seconds in words of at most two units; of what is to come only the seconds beyond whole minutes, as in the reference. */
export function ageText(seconds: bigint): string {
  const first = units.findIndex(([, size]) => seconds >= size)
  const [name, size] = units[first < 0 ? units.length - 1 : first] ?? ['s', 1n]
  const [nextName, nextSize] = units[first + 1] ?? ['', 1n]
  const rest = first < 0 || nextName === '' ? 0n : (seconds % size) / nextSize
  return `${first < 0 ? seconds % 60n : seconds / size}${name}${rest === 0n ? '' : `${rest}${nextName}`}`
}
