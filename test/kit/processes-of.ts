import { readdirSync, readFileSync } from 'node:fs'
import { until } from './until.ts'

/** Command lines of the processes whose arguments or environment name the text: what a test has left running. */
export const processesOf = (text: string): string[] =>
  otherProcesses()
    .filter((pid) => ['cmdline', 'environ'].some((file) => contentOf(pid, file).includes(text)))
    .map((pid) => contentOf(pid, 'cmdline').replaceAll('\0', ' '))

/** Kills the processes whose arguments name the text, with what they have started, and waits for their end. */
export async function killProcessesOf(text: string): Promise<void> {
  const all = otherProcesses()
  const doomed = new Set(all.filter((pid) => contentOf(pid, 'cmdline').includes(text)))
  for (let before = -1; before !== doomed.size; ) {
    before = doomed.size
    for (const pid of all) if (doomed.has(stateOf(pid).parent)) doomed.add(pid)
  }
  for (const pid of doomed) kill(pid)
  await until(`the processes of ${text} have ended`, () => [...doomed].every((pid) => !stateOf(pid).isRunning))
}

/** The processes that a process has started. */
export const childrenOf = (parent: number): number[] => otherProcesses().filter((pid) => stateOf(pid).parent === parent)

const otherProcesses = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)

/** One that has ended may stay in the list until its parent looks. */
function stateOf(pid: number): { parent: number; isRunning: boolean } {
  // Behind the name, in which anything may stand.
  const [state = '', parent] = contentOf(pid, 'stat').split(') ').at(-1)?.split(' ') ?? []
  return { parent: Number(parent), isRunning: !['', 'Z', 'X'].includes(state) }
}

/** A file of `/proc` about a process; empty when that is gone. */
export function contentOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
