import { Fault } from './fault.ts'
import { bytesOfText, textOfBytes } from './go/byte-text.ts'
import { formatFloat } from './go/strconv-float.ts'
import { parseFloat } from './go/strconv-parse.ts'

const kilos = ['k', 'm', 'g', 't', 'p', 'e']
const units: Record<string, number> = { '': 1, b: 1 }
kilos.forEach((kilo, index) => {
  units[kilo] = units[`${kilo}b`] = 1000 ** (index + 1)
  units[`${kilo}i`] = units[`${kilo}ib`] = 1024 ** (index + 1)
})
const beyondUint64 = 2 ** 64

/**
 * Reads a byte size (`512Mb` = 512·10⁶, `2GiB` = 2·2³⁰, `1,000`) as bytes, rounded down. Case and blanks before the
 * unit do not matter. Throws Fault('BadRequest') with the sentence of the size library Bacalhau uses.
 */
export function parseBytes(text: string): number {
  const [number, rest] = splitNumber(text)
  const value = parseFloat(number.replaceAll(',', ''))
  const unit = rest.trim().toLowerCase()
  const bytes = Object.hasOwn(units, unit) ? value * (units[unit] as number) : undefined
  if (bytes === undefined) throw sizeFault(`unhandled size name: ${unit}`)
  if (bytes >= beyondUint64) throw sizeFault(`too large: ${text}`)
  return Math.trunc(bytes)
}

const decimalNames = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']
const binaryNames = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']

/** Writes bytes in decimal units with two digits or more: `999 B`, `1.0 kB`, `82 MB`. */
export const formatBytes = (bytes: number | bigint): string => inUnits(Number(bytes), 1000, decimalNames)

/** The same in units of 1024: `1.0 KiB`, `79 MiB`. */
export const formatBinaryBytes = (bytes: number | bigint): string => inUnits(Number(bytes), 1024, binaryNames)

function inUnits(size: number, base: number, names: readonly string[]): string {
  if (size < 10) return `${size} B`
  const power = Math.floor(Math.log(size) / Math.log(base))
  const value = Math.floor((size / base ** power) * 10 + 0.5) / 10
  return `${formatFloat(value, 'f', value < 10 ? 1 : 0)} ${names[power]}`
}

/** The number in front. The library counts characters but cuts bytes, which shows only with digits beyond ASCII. */
function splitNumber(text: string): [string, string] {
  const number = /^[\p{Nd}.,]*/u.exec(text)?.[0] ?? ''
  const count = [...number].length
  if (count === number.length && !/[^\x00-\x7f]/.test(number)) return [number, text.slice(count)]
  const bytes = bytesOfText(text)
  return [textOfBytes(bytes.subarray(0, count)), textOfBytes(bytes.subarray(count))]
}

const sizeFault = (message: string): Fault =>
  new Fault('BadRequest', message, { hint: 'Write sizes like 512Mb, 2GiB or 1000000.' })
