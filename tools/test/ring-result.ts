import { existsSync, readFileSync } from 'node:fs'

/** One test of a finished run, as the requirement list reads it. */
export type TestLine = { ring: string; file: string; name: string; isPassed: boolean }

export type RingResult = { ring: string; passed: number; failed: number; skipped: number; tests: TestLine[] }

type Report = {
  testResults: {
    name: string
    status: string
    assertionResults: { fullName: string; status: string }[]
  }[]
}

/**
 * Reads what vitest reported of one ring. A file that could not be loaded counts as one failure, and so does a ring that
 * ended badly although each of its tests passed.
 */
export function readRing(ring: string, reportFile: string, exitCode: number): RingResult {
  const report: Report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : { testResults: [] }
  const lines = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status }) => ({ ring, file: name, name: fullName, status })),
  )
  const count = (status: string) => lines.filter((line) => line.status === status).length
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  )
  const failed = count('failed') + broken.length
  return {
    ring,
    passed: count('passed'),
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: lines.length - count('passed') - count('failed'),
    tests: lines.map(({ status, ...line }) => ({ ...line, isPassed: status === 'passed' })),
  }
}
