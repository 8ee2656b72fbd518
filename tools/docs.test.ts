import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type FaultCode, statusOf } from '#lib/fault.ts'
import { computeStateNames, isTerminalExecution } from '#models/execution-state.ts'
import { failureClasses } from '#models/job.ts'
import { canMoveJob, jobStateNames } from '#models/job-state.ts'
import { memberships } from '#models/node.ts'
import { pages } from './docs/pages.ts'
import { root } from './tidy/source-files.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** The cells of every table row whose first cell is one word. */
const rows = (markdown: string): string[][] =>
  [...markdown.matchAll(/^\| ([A-Za-z]+) \|(.*)\|$/gm)].map(([, first, rest]) => [
    first!,
    ...rest!.split('|').map((cell) => cell.trim()),
  ])

describe('pages made from tables', () => {
  it.each(Object.entries(pages))('%s is what the tables say (npm run docs)', async (file, make) => {
    expect(read(file)).toBe(await make())
  })
})

describe('docs/errors.md', () => {
  const documented = rows(read('docs/errors.md')).filter(([, status]) => /^\d{3}$/.test(status!))
  const codes = [...read('src/lib/fault.ts').matchAll(/^ {2}\| '(\w+)'$/gm)].map(([, code]) => code as FaultCode)

  it('has every code of the program with its status, and no other', () => {
    expect(codes.length).toBeGreaterThan(0)
    expect(documented.map(([code, status]) => [code, Number(status)]).sort()).toEqual(
      codes.map((code) => [code, statusOf(code)]).sort(),
    )
  })

  it('has every failure class', () => {
    const words = rows(read('docs/errors.md')).map(([word]) => word)
    expect(words).toEqual(expect.arrayContaining([...failureClasses]))
  })
})

describe('docs/states.md', () => {
  const sections = read('docs/states.md').split(/^## /m)
  const table = new Map(
    sections.flatMap((section) =>
      rows(section).map(([name, ...cells]) => [`${section.split('\n')[0]} ${name}`, cells]),
    ),
  )

  it.each(jobStateNames)('has the moves of a job that is %s', (from) => {
    const to = jobStateNames.filter((name) => canMoveJob(from, name))
    expect(table.get(`Job ${from}`)?.[1]).toBe(to.join(', ') || '·')
  })

  it('has the moves in its drawing', () => {
    const drawn = [...read('docs/states.md').matchAll(/^ {2}(\w+) --> (\w+)/gm)].map(([, from, to]) => `${from} ${to}`)
    const moves = jobStateNames
      .slice(1)
      .flatMap((from) => jobStateNames.filter((to) => canMoveJob(from, to)).map((to) => `${from} ${to}`))
    const shown = [
      'Pending Completed',
      'Pending Failed',
      'Pending Stopped',
      'Queued Completed',
      'Queued Failed',
      'Queued Stopped',
    ]
    expect([...drawn, ...shown].sort()).toEqual(moves.sort())
  })

  it('has every state of an execution, and whether it is live', () => {
    for (const name of computeStateNames.slice(1)) {
      const cells = rows(read('docs/states.md')).filter(([word, , live]) => word === name && /^(yes|no)$/.test(live!))
      expect(
        cells.map(([, , live]) => live),
        name,
      ).toEqual([isTerminalExecution(name) ? 'no' : 'yes'])
    }
  })

  it('has every membership', () => {
    for (const name of memberships) expect(table.has(`Node ${name}`), name).toBe(true)
  })
})
