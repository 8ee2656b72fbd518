import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Engine } from '#contracts/engine.ts'
import type { Provider } from '#contracts/provider.ts'
import { run } from '../../tools/run.ts'
import { startHybrid } from '../kit/cluster.ts'
import { jobSpec } from '../kit/job-spec.ts'
import { endOf, submitSpec, textOfLogs } from '../kit/jobs.ts'
import { engineSuite } from './engine.suite.ts'

type StepsEngine = Engine & { readonly working: number }

const root = resolve(import.meta.dirname, '../..')
/** Inside the project, so that what it imports is found. */
const folder = join(root, '.cache/howto/steps')

/** The files of docs/howto/engine.md, each a block that begins with its path. */
const page = readFileSync(join(root, 'docs/howto/engine.md'), 'utf8')
const files = [...page.matchAll(/^```ts\n\/\/ (src\/providers\/steps\/\S+)\n([^]*?)^```$/gm)].map(
  ([, path = '', text = '']) => ({ name: basename(path), text }),
)
mkdirSync(folder, { recursive: true })
for (const { name, text } of files) writeFileSync(join(folder, name), text)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const openEngine = async (): Promise<StepsEngine> => {
  const { stepsProvider } = (await import(join(folder, 'provider.ts'))) as { stepsProvider(): Provider }
  return stepsProvider().engines?.[0] as StepsEngine
}
const steps = (...Steps: string[]) => ({ Type: 'steps', Params: { Steps } })
const lineOf = (kind: string, text: string): string[] => (text === '' ? [] : [`${kind} ${text.trimEnd()}`])

describe('the engine of the documentation', () => {
  it('compiles as a folder of the providers does', async () => {
    expect(files.map(({ name }) => name)).toEqual(['program.ts', 'running-steps.ts', 'engine.ts', 'provider.ts'])
    const settings = {
      extends: '../../../tsconfig.base.json',
      compilerOptions: { rootDir: '.', outDir: './out', tsBuildInfoFile: './out/tsbuildinfo' },
      include: ['*.ts'],
      references: ['lib', 'models', 'contracts'].map((layer) => ({ path: `../../../src/${layer}` })),
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
    await run('tsc', ['-b', folder], { cwd: root })
  })

  it('is formatted as everything here is', async () => {
    await run('biome', ['check', '--vcs-use-ignore-file=false', ...files.map(({ name }) => join(folder, name))], {
      cwd: root,
    })
  })

  it('runs a job in a cluster', async () => {
    const cluster = await startHybrid({ engines: [await openEngine()] })
    const [task] = jobSpec().Tasks
    const id = await submitSpec(cluster.jobs, {
      Tasks: [{ ...task!, Env: { WHO: 'world' }, Engine: steps('say hello $WHO', 'warn and goodbye', 'exit 3') }],
    })
    expect((await endOf(cluster.jobs, id)).State.StateType).toBe('Completed')
    const [execution] = await cluster.jobs.executions(id)
    expect(execution?.RunOutput).toMatchObject({ ExitCode: 3, stderr: 'and goodbye\n' })
    expect(await textOfLogs(cluster.jobs, id)).toContain('hello world\n')
    await cluster.stop()
  })
})

engineSuite('of the documentation', async () => {
  const engines: StepsEngine[] = [await openEngine(), await openEngine()]
  let opened = 0
  return {
    open: () => engines[opened++ % engines.length]!,
    programs: {
      prints: (stdout, stderr, exitCode) =>
        steps(...lineOf('say', stdout), ...lineOf('warn', stderr), `exit ${exitCode}`),
      endless: steps('say started', 'wait'),
      floods: (sizeBytes) => steps(`say ${'x'.repeat(sizeBytes - 1)}`),
      cat: (path) => steps(`show ${path}`),
      printsVariable: (name) => steps(`say $${name}`),
      unstartable: steps('show /no/such/input'),
      malformed: steps('dance'),
    },
    isSurviving: false,
    leftOver: async () => engines.reduce((sum, { working }) => sum + working, 0),
    close: async () => {},
  }
})
