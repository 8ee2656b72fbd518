import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ProgramFailed, run } from './run.ts'
import { strangers, trespasses } from './tidy/doors.ts'
import {
  badNames,
  barrels,
  crossings,
  leftovers,
  longFiles,
  lostDocstrings,
  reportedLines,
  slowStarts,
  strays,
  unseenAnswers,
  waitingFiles,
} from './tidy/layout.ts'
import { deadLinks, lockfileFaults, longLines, machineTraces, strangeDocuments } from './tidy/outside.ts'
import { productFiles, projectFiles, root, typescriptFiles } from './tidy/source-files.ts'

const all = projectFiles()
const product = productFiles(all)

describe('tidy', () => {
  it('only the edges touch clock, chance, disk, sockets, environment and output', () => {
    expect(trespasses(product)).toEqual([])
  })

  it('each layer uses only the packages it is allowed', () => {
    expect(strangers(product)).toEqual([])
  })

  it('file names say what is inside, in kebab-case', () => {
    expect(badNames(all)).toEqual([])
  })

  it('nothing lies at the top that some program has left there', () => {
    expect(strays(all)).toEqual([])
  })

  it('no file passes on the exports of another', () => {
    expect(barrels(product)).toEqual([])
  })

  it('e2e tests ask the API where its answers are held against the document', () => {
    expect(unseenAnswers(typescriptFiles(all))).toEqual([])
  })

  it('imports cross a wall by # and stay inside by a relative path', () => {
    expect(crossings(product)).toEqual([])
  })

  it('nothing in the product waits at the top level', () => {
    expect(waitingFiles(product)).toEqual([])
  })

  it('what every command loads first loads no slow part of Node', () => {
    expect(slowStarts(product)).toEqual([])
  })

  it('no test is switched off, retried or mocks a module, and no note of unfinished work is left', () => {
    expect(leftovers(all)).toEqual([])
  })

  it('no file names a path of a machine or the host of a registry', () => {
    expect(machineTraces(all)).toEqual([])
  })

  it('a docstring stands above what it tells of', () => {
    expect(lostDocstrings(typescriptFiles(all))).toEqual([])
  })

  it('every link in the documents leads somewhere, and every path they name is there', () => {
    expect(deadLinks(all)).toEqual([])
  })

  it('documents keep to a line length that can be read side by side', () => {
    expect(longLines(all)).toEqual([])
  })

  it('comments name only documents that a reader of the project can open', () => {
    expect(strangeDocuments(all)).toEqual([])
  })

  it('the lockfile has no download addresses and is complete for other platforms', () => {
    expect(lockfileFaults()).toEqual([])
  })

  it('no file is too long to read', () => {
    const long = longFiles(typescriptFiles(all))
    if (long.length > 0) {
      const list = long.map(({ path, lines }) => `${path} ${lines}`).join(', ')
      console.log(`files over ${reportedLines} lines: ${list}`)
    }
    expect(long.filter(({ isTooLong }) => isTooLong)).toEqual([])
  })
})

describe('walls between layers', () => {
  const walls: [from: string, to: string][] = [
    ['lib', '#models/ids.ts'],
    ['compute', '#orchestrator/broker.ts'],
    ['orchestrator', '#compute/compute.ts'],
    ['providers/wasm', '#providers/docker/images.ts'],
    ['client', '#orchestrator/broker.ts'],
  ]

  it.each(walls)(
    'an import from %s of %s does not compile',
    async (layer, target) => {
      expect(await compile(layer, `import * as there from '${target}'\nexport const x = there\n`)).toMatch(/TS6307/)
    },
    60_000,
  )

  it('an import that the references allow does compile', async () => {
    expect(await compile('models', `export { assert } from '#lib/assert.ts'\n`)).toBe('')
  }, 60_000)

  /** Compiles a file as if it were in the layer; returns what the compiler says about it. */
  async function compile(layer: string, code: string): Promise<string> {
    mkdirSync(join(root, '.cache'), { recursive: true })
    const folder = mkdtempSync(join(root, '.cache/wall-'))
    try {
      const own = JSON.parse(readFileSync(join(root, 'src', layer, 'tsconfig.json'), 'utf8')) as {
        references: { path: string }[]
      }
      const references = own.references.map(({ path }) => ({ path: join(root, 'src', layer, path) }))
      const compilerOptions = { rootDir: '.', outDir: 'out', tsBuildInfoFile: 'out/info', noEmitOnError: true }
      const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'], references }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
      writeFileSync(join(folder, 'probe.ts'), code)
      return await run('tsc', ['-p', folder], { cwd: root })
    } catch (error) {
      if (error instanceof ProgramFailed) return error.message
      throw error
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
})
