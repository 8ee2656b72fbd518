import { keptResultRoute } from '#api/job-streams.ts'
import type { ArchiveBytes, ArchiveRest } from '#contracts/archive-bytes.ts'
import { Fault } from '#lib/fault.ts'
import { pathWith } from './path.ts'
import type { Body, Transport } from './transport.ts'

/** Bytes of `tag` from `offset` on. */
type Open = (rest?: ArchiveRest) => Promise<Body>

/**
 * A result that its node or the orchestrator keeps, from the beginning, or what follows a part of it that is here; a transfer that
 * breaks is taken up again where it broke.
 */
export async function keptResult(
  transport: Transport,
  id: string,
  executionId: string,
  signal: AbortSignal,
  rest?: ArchiveRest,
): Promise<ArchiveBytes> {
  const path = pathWith(keptResultRoute.path, [id, executionId])
  const open: Open = (from) =>
    transport.body(path, from ? { Range: `bytes=${from.offset}-`, 'If-Range': from.tag } : {}, signal)
  const first = await patiently(transport, signal, () => open(rest))
  const { tag } = first
  const offset = first.isRest && rest ? rest.offset : 0
  const totalBytes = first.sizeBytes === undefined ? undefined : offset + first.sizeBytes
  const reopen = async (at: number): Promise<Body> => {
    const body = await open({ offset: at, tag })
    if (!body.isRest) throw changed(executionId)
    return body
  }
  return { offset, tag, totalBytes, chunks: resumed(transport, first, offset, reopen, signal) }
}

async function patiently<Value>(transport: Transport, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      await transport.pauseAfter(error, attempt, signal)
    }
  }
}

async function* resumed(
  transport: Transport,
  first: Body,
  offset: number,
  reopen: (at: number) => Promise<Body>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let body: Body | undefined = first
  let at = offset
  for (let attempt = 1; ; attempt++) {
    const before = at
    try {
      body ??= await reopen(at)
      for await (const bytes of body.chunks) {
        at += bytes.length
        yield bytes
      }
      return
    } catch (error) {
      body = undefined
      if (at > before) attempt = 1
      await transport.pauseAfter(error, attempt, signal)
    }
  }
}

const changed = (executionId: string): Fault =>
  new Fault('Conflict', `the result of ${executionId} changed while it was fetched`, {
    component: 'Client',
    hint: 'ask again',
  })
