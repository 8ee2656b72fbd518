import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../run.ts'
import { bundleScript } from './bundle.ts'
import { recordCaches } from './record-caches.ts'

/**
 * The part of the heap where everything is born, in MiB. V8 starts with 1, and moves again and again what a start makes and keeps;
 * with 8 a command ends before its first collection. It goes on to 32 where much is at work: less of it is under way when it collects.
 * With 16 a server of many short jobs spends a sixth less processor time, and with 32 one job on 10,000 nodes a tenth less again; 64
 * gives no more. What that takes, up to 80 MiB, a server gives back when it rests.
 */
export const heapFlags = ['--min-semi-space-size=8', '--max-semi-space-size=32']

/** Servers are believed whose authority the system knows, besides those that Node brings along. */
const trustFlag = '--use-system-ca'

/**
 * Makes the single executable file from the chunks: records their code caches, then lets Node write itself with the
 * loader as main script and everything else as assets. Nothing is done when the same was built before.
 */
export async function makeExecutable(root: string, chunks: Map<string, string>): Promise<string> {
  const output = join(root, 'dist/bacalhau')
  const work = join(root, 'dist/.bundle')
  const stampFile = join(work, 'stamp')
  const loader = await bundleScript(root, 'tools/executable/main.ts', join(work, 'loader.cjs'))
  const recorder = await bundleScript(root, 'tools/executable/record.ts', join(work, 'record.cjs'))
  const stamp = digest([
    process.version,
    readFileSync(loader, 'utf8'),
    readFileSync(recorder, 'utf8'),
    ...heapFlags,
    trustFlag,
    ...[...chunks].flat(),
  ])
  if (existsSync(output) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    // Sources may have been written anew with the same in them: who compares times finds it newer.
    utimesSync(output, new Date(), new Date())
    return output
  }

  const caches = join(work, 'caches')
  rmSync(caches, { recursive: true, force: true })
  await recordCaches(root, recorder)
  writeFileSync(join(work, 'sea.json'), JSON.stringify(seaConfig(work, loader, [...chunks.keys()]), null, 2))
  await run(process.execPath, ['--build-sea', join(work, 'sea.json')], { cwd: root })
  install(join(work, 'bacalhau'), output)
  writeFileSync(stampFile, stamp)
  return output
}

/**
 * The file is written in one go, which leaves it in huge pages of the page cache: each touch of its code maps 2 MiB, and a process
 * looks 30 MiB larger than it does everywhere else. A copy is what users get.
 */
function install(built: string, output: string): void {
  const copy = `${built}.copy`
  copyFileSync(built, copy)
  renameSync(copy, output)
  rmSync(built)
}

function seaConfig(work: string, loader: string, chunks: string[]) {
  const cached = chunks.filter((name) => existsSync(join(work, 'caches', `${name}.cache`)))
  const cachedList = join(work, 'cached.json')
  writeFileSync(cachedList, JSON.stringify(cached))
  return {
    main: loader,
    output: join(work, 'bacalhau'),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgv: [...heapFlags, trustFlag],
    assets: {
      'cached.json': cachedList,
      ...Object.fromEntries(chunks.map((name) => [name, join(work, 'chunks', name)])),
      ...Object.fromEntries(cached.map((name) => [`${name}.cache`, join(work, 'caches', `${name}.cache`)])),
    },
  }
}

const digest = (parts: string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
