import { keptResultRoute } from '#api/jobs.ts'
import { Fault } from '#lib/fault.ts'
import { pathWith } from './path.ts'
import type { Transport } from './transport.ts'

/** A result that its node keeps, through the server; a transfer that breaks is taken up again where it broke. */
export async function* keptResult(
  transport: Transport,
  id: string,
  executionId: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const path = pathWith(keptResultRoute.path, [id, executionId])
  let gotBytes = 0
  let known = ''
  for (let attempt = 1; ; attempt++) {
    const before = gotBytes
    const rest: Record<string, string> = before > 0 ? { Range: `bytes=${before}-`, 'If-Range': known } : {}
    try {
      for await (const { bytes, tag, isRest } of transport.bytes(path, rest, signal)) {
        if (before > 0 && !isRest) throw changed(executionId)
        known = tag
        gotBytes += bytes.length
        yield bytes
      }
      return
    } catch (error) {
      if (gotBytes > before) attempt = 1
      await transport.pauseAfter(error, attempt, signal)
    }
  }
}

const changed = (executionId: string): Fault =>
  new Fault('Conflict', `the result of ${executionId} changed while it was fetched`, {
    component: 'Client',
    hint: 'ask again',
  })
