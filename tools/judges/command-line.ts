import { type Bench, type Client, judgeUses, type Verdict } from './judge.ts'
import { RealCli, versionOf } from './real-cli.ts'
import { docker } from './uses/docker.ts'
import { logins } from './uses/logins.ts'
import { newer } from './uses/newer.ts'
import { nodes } from './uses/nodes.ts'
import { runningJobs } from './uses/running-jobs.ts'
import { secure } from './uses/secure.ts'
import { submitting } from './uses/submitting.ts'
import { views } from './uses/views.ts'

/** The command line of this executable as a judge. */
export function commandLine(path: string): Client {
  const version = versionOf(path)
  return { name: `Command line ${version.slice(1)}`, judge: (bench) => judge(path, version, bench) }
}

async function judge(path: string, version: string, bench: Bench): Promise<Verdict[]> {
  const cli = new RealCli(path, version, bench.cluster)
  const hasDocker = bench.cluster.dockerHost !== undefined
  bench.signal.addEventListener('abort', () => void cli.close())
  const uses = [...submitting, ...views, ...runningJobs, ...nodes, ...secure, ...logins, ...(cli.isOld ? [] : newer)]
  try {
    await cli.settle()
    const verdicts = await judgeUses(cli, hasDocker ? [...uses, ...docker] : uses, bench)
    return hasDocker
      ? verdicts
      : [...verdicts, ...docker.map(({ name }) => ({ use: name, leftOut: 'no Docker engine' }))]
  } finally {
    await cli.close()
  }
}
