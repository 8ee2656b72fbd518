import { expect, it } from 'vitest'
import { arrivalsText } from './arrivals.ts'

const input = { type: 's3', target: '/in', sizeBytes: 40_000_000, tookMs: 1250.4 }

it('inputs are told with their size, time and speed', () => {
  expect(arrivalsText([input])).toBe('Fetched s3 at /in: 40 MB in 1.25s (32 MB/s)')
  expect(arrivalsText([input, { type: 'urlDownload', target: '/b', sizeBytes: 500, tookMs: 0 }])).toBe(
    'Fetched s3 at /in: 40 MB in 1.25s (32 MB/s), urlDownload at /b: 500 B in 1ms (500 kB/s)',
  )
})

it('of very many inputs only some are named', () => {
  const text = arrivalsText(Array.from({ length: 1000 }, () => input))
  expect(text).toMatch(/MB\/s\) and 990 more$/)
  expect(text.length).toBeLessThan(600)
})
