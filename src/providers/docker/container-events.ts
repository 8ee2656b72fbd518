import type { DockerApi } from './api.ts'
import type { ContainerInfo } from './container-state.ts'

const deadlineMs = 10_000

/**
 * Whether the engine tells of such an event between the start of a container and `graceSeconds` after its end, for which it is waited.
 * Throws a Fault when the engine is away or keeps no events.
 */
export async function isToldOf(
  api: DockerApi,
  event: 'kill' | 'oom',
  { Id, State }: ContainerInfo,
  graceSeconds = 0,
): Promise<boolean> {
  const filters = JSON.stringify({ container: [Id], event: [event] })
  const query = { since: secondsOf(State.StartedAt), until: secondsOf(State.FinishedAt, graceSeconds), filters }
  return (await api.text('GET', '/events', { query, deadlineMs })).trim() !== ''
}

/** With all nine digits of it: the engine compares to the nanosecond. */
function secondsOf(time: string, later = 0): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0'
  return `${Math.floor(Date.parse(time) / 1000) + later}.${fraction.padEnd(9, '0')}`
}
