import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A process and what it started, as the kernel sees them (Linux). */
export function tree(pid: number): number[] {
  const children = listed(() => readdirSync(`/proc/${pid}/task`)).flatMap((task) =>
    listed(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)),
  )
  return [pid, ...children.map(Number).flatMap(tree)]
}

/** Nothing, for a process or thread that has ended meanwhile. */
function listed(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}

/** Resident memory in MiB: all of it, and the part that is not backed by a file. */
export function memory(pid: number): { residentMb: number; anonymousMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { residentMb: mb('VmRSS'), anonymousMb: mb('RssAnon') }
}

/** Resident memory in MiB, where what several processes share counts in parts. */
export const proportionalMb = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) / 1024

/** Processor time in ms that a process and its children have used. */
export function cpuMs(pid: number): number {
  const ticks = tree(pid).map((each) => {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((a, b) => a + b, 0) * 10
}

/** Bytes that a process and its children had written to the disk. */
export function writtenBytes(pid: number): number {
  const bytes = tree(pid).map((each) =>
    Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${each}/io`, 'utf8'))?.[1]),
  )
  return bytes.reduce((a, b) => a + b, 0)
}

/** Counts the disk syncs of a process and its threads while `work` runs, from a trace of its system calls. */
export async function countSyncs(pid: number, work: () => Promise<void>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'bacalhau-trace-'))
  const file = join(folder, 'trace')
  const calls = 'trace=fsync,fdatasync,msync,sync_file_range,syncfs,sync'
  const tracer = spawn('strace', ['-f', '-e', calls, '-o', file, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  try {
    await attached(tracer)
    await work()
    const ended = new Promise((resolve) => tracer.once('exit', resolve))
    tracer.kill('SIGINT')
    await ended
    return (await readFile(file, 'utf8')).split('\n').filter((line) => /^\d+\s+\w*sync\w*\(/.test(line)).length
  } finally {
    tracer.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
}

function attached(tracer: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    tracer.on('error', reject)
    tracer.on('exit', () => reject(new Error('strace ended')))
    tracer.stderr?.on('data', (data: Buffer) => {
      if (data.includes('attached')) resolve()
    })
  })
}
