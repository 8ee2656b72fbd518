import { describeVectors } from '../../../test/kit/vectors.ts'
import { decodeJson } from '../json/decode.ts'
import { time } from '../json/shape.ts'
import { formatRfc3339, parseRfc3339, rfc3339OfNs, zeroTimeNs } from '../rfc3339.ts'
import { shortTime } from '../text/table.ts'
import type { LayoutDate } from './time-layout.ts'
import { formatWithLayout } from './time-layout-format.ts'

const readers: Record<string, (input: never) => unknown> = {
  decode({ json }: { json: string }) {
    const text = decodeJson(json, time) as string
    const { unixNs } = parseRfc3339(text)
    const nanos = ((unixNs % 10n ** 9n) + 10n ** 9n) % 10n ** 9n
    return {
      isZero: unixNs === zeroTimeNs,
      json: JSON.stringify(text),
      nanos: Number(nanos),
      unixSeconds: String((unixNs - nanos) / 10n ** 9n),
    }
  },
  encode: ({ sec, nsec, offset }: { sec: string; nsec: number; offset: number }) =>
    JSON.stringify(formatRfc3339({ unixNs: BigInt(sec) * 10n ** 9n + BigInt(nsec), offsetSeconds: offset })),
  nanos({ ns }: { ns: string }) {
    const date = dateOf(BigInt(ns))
    return {
      DateTime: formatWithLayout('2006-01-02 15:04:05', date),
      Milli: formatWithLayout('15:04:05.000', date),
      RFC3339: formatWithLayout('2006-01-02T15:04:05Z07:00', date),
      RFC3339Nano: rfc3339OfNs(BigInt(ns)),
      String: formatWithLayout('2006-01-02 15:04:05.999999999 -0700 MST', date),
      TimeOnly: formatWithLayout('15:04:05', date),
    }
  },
  shorten: ({ text, max }: { text: string; max: number }) => shortTime(text, max),
}

function dateOf(unixNs: bigint): LayoutDate {
  const nanos = ((unixNs % 10n ** 9n) + 10n ** 9n) % 10n ** 9n
  const date = new Date(Number((unixNs - nanos) / 1_000_000n))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    fraction: String(nanos).padStart(9, '0'),
    offset: 0,
    zoneName: 'UTC',
  }
}

describeVectors('time-json.json', (input) => (readers[input.op] as (input: never) => unknown)(input as never))
