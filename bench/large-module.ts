/** Bytes of one function: its parameter, and two dozen additions and multiplications by numbers of its own. */
const steps = 24

/** A WASM module of about this size, all of it code: it calls a few of its functions and ends with the exit code. */
export function largeModule(sizeBytes: number, exitCode: number): Buffer {
  const bodies = Array.from({ length: Math.ceil(sizeBytes / (steps * 14 + 8)) }, (_, n) => body(computing(n)))
  const calls = [0, 1, 2].flatMap((n) => [...number(n), 0x10, ...unsigned(n + 1), 0x1a])
  const start = body([...calls, ...number(exitCode), 0x10, 0])
  return Buffer.concat([
    Buffer.from('0061736d01000000', 'hex'),
    // Of functions: from a number to nothing (proc_exit), from a number to a number, and from nothing to nothing.
    section(1, [3, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0]),
    section(2, [1, ...name('wasi_snapshot_preview1'), ...name('proc_exit'), 0, 0]),
    section(3, [...unsigned(bodies.length + 1), ...bodies.map(() => 1), 2]),
    section(5, [1, 0, 1]),
    section(7, [2, ...name('memory'), 2, 0, ...name('_start'), 0, ...unsigned(bodies.length + 1)]),
    section(10, unsigned(bodies.length + 1), ...bodies, start),
  ])
}

/** Expression of the parameter of function `n`. */
const computing = (n: number): number[] => [
  0x20,
  0,
  ...Array.from({ length: steps }, (_, step) => [
    ...number(n * steps + step),
    0x6a,
    ...number(n + 3 * step),
    0x6c,
  ]).flat(),
]

const body = (expression: number[]): Buffer => {
  const code = Buffer.from([0, ...expression, 0x0b])
  return Buffer.concat([Buffer.from(unsigned(code.length)), code])
}

function section(id: number, ...parts: (number[] | Buffer)[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([id, ...unsigned(payload.length)]), payload])
}

const name = (text: string): number[] => [text.length, ...Buffer.from(text)]

/** `i32.const`, in five bytes whatever the number. */
const number = (value: number): number[] => [
  0x41,
  ...[0, 7, 14, 21].map((bits) => ((value >> bits) & 0x7f) | 0x80),
  value >> 28,
]

/** The same for counts and sizes. */
const unsigned = (value: number): number[] => [
  ...[0, 7, 14, 21].map((bits) => ((value >>> bits) & 0x7f) | 0x80),
  value >>> 28,
]
