import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type CpuProfile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

/** Where the processor time of the profiles in a folder went: own time of functions, most first, as lines of text. */
export function profileLines(folder: string, most = 25): string[] {
  const own = new Map<string, number>()
  let all = 0
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'))) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile
    const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    for (const [i, sample] of samples.entries()) {
      const name = names.get(sample)!
      const took = timeDeltas[i] ?? 0
      if (name === '(idle)') continue
      own.set(name, (own.get(name) ?? 0) + took)
      all += took
    }
  }
  return [...own]
    .sort(([, a], [, b]) => b - a)
    .slice(0, most)
    .map(
      ([name, took]) =>
        `${((100 * took) / all).toFixed(1).padStart(5)} %  ${(took / 1000).toFixed(0).padStart(7)} ms  ${name}`,
    )
}

function nameOf({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  if (functionName.startsWith('(')) return functionName
  return `${functionName || '(anonymous)'}  ${url}:${lineNumber + 1}`
}
