import { eventLog, nodeLog } from '#node/node-log.ts'
import type { OrchestratorSettings } from '#orchestrator/orchestrator.ts'
import { SystemClock } from '#platform/clock.ts'
import { startOrchestrator } from './cluster.ts'

type Line = { msg: string; nodeId?: string; reason?: string; error?: { message: string } }

/** An orchestrator with its broker whose log is read as its operator sees it. */
export async function startLogged(settings: Partial<OrchestratorSettings> = {}) {
  const lines: Line[] = []
  const log = eventLog(
    nodeLog('warn', 'json', (line) => lines.push(JSON.parse(line))),
    new SystemClock(),
  )
  const cluster = await startOrchestrator(settings, ':memory:', log)
  /** What was said of a node, in order: the event and its reason. */
  const saidOf = (nodeId: string): string[] =>
    lines
      .filter((line) => line.nodeId === nodeId)
      .map(({ msg, reason, error }) => `${msg}: ${reason ?? error?.message}`)
  return { ...cluster, lines, saidOf }
}
