import { expect, it } from 'vitest'
import type { FileOrigin } from '#contracts/file-cache.ts'
import { arrivalsText } from './arrivals.ts'

const input = {
  type: 's3',
  target: '/in',
  sizeBytes: 40_000_000,
  tookMs: 1250.4,
  origins: new Set<FileOrigin>(['brought']),
}

it('inputs are told with their size, time and speed', () => {
  expect(arrivalsText([input])).toBe('Fetched s3 at /in: 40 MB in 1.25s (32 MB/s)')
  expect(arrivalsText([input, { ...input, type: 'urlDownload', target: '/b', sizeBytes: 500, tookMs: 0 }])).toBe(
    'Fetched s3 at /in: 40 MB in 1.25s (32 MB/s), urlDownload at /b: 500 B in 1ms (500 kB/s)',
  )
})

it('what the node had already has no speed', () => {
  const from = (...origins: FileOrigin[]) => arrivalsText([{ ...input, origins: new Set(origins) }])
  expect(from('kept')).toBe('Fetched s3 at /in: 40 MB from the cache')
  expect(from('kept', 'brought')).toBe('Fetched s3 at /in: 40 MB in 1.25s (some of it from the cache)')
})

it('an input without a file, such as a prefix that matches nothing, is told to be empty', () => {
  const empty = arrivalsText([{ ...input, sizeBytes: 0, origins: new Set() }])
  expect(empty).toBe('Fetched s3 at /in: nothing, there is no file in it')
})

it('of very many inputs only some are named', () => {
  const text = arrivalsText(Array.from({ length: 1000 }, () => input))
  expect(text).toMatch(/MB\/s\) and 990 more$/)
  expect(text.length).toBeLessThan(600)
})
