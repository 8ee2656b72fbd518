import { Fault, type FaultCode } from '#lib/fault.ts'

/** A call that the engine failed: its words as `Error response from daemon: …`, its status in `details.DockerStatus`. */
export function answeredFault(answerStatus: number, body: string): Fault {
  const text = textOf(body)
  const status = statusMeant(answerStatus, text)
  return new Fault(codes[status] ?? 'ServiceUnavailable', `Error response from daemon: ${text || `status ${status}`}`, {
    component: 'Docker',
    isRetryable: status >= 500,
    details: { DockerStatus: String(status) },
  })
}

/** The engine's own status of a failed call; undefined when it was not the engine that failed it. */
export const dockerStatusOf = (error: unknown): number | undefined =>
  error instanceof Fault && error.details?.['DockerStatus'] ? Number(error.details['DockerStatus']) : undefined

/** Runs a call that may find its work done already: 304, 404 (gone) and 409 (not running, being removed) are fine. */
export async function unlessDone(call: Promise<unknown>): Promise<void> {
  await call.catch((error: unknown) => {
    if (![304, 404, 409].includes(dockerStatusOf(error) ?? 0)) throw error
  })
}

const codes: Readonly<Record<number, FaultCode>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
}

/** Podman calls it its own failure when a container goes or ends while it is being looked at. */
function statusMeant(status: number, text: string): number {
  if (status !== 500) return status
  if (/no such container/i.test(text)) return 404
  return /container state improper/i.test(text) ? 409 : 500
}

function textOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    if (typeof message === 'string') return message.trim()
  } catch {
    // Not JSON: a proxy in between, or a very old engine.
  }
  return body.trim().slice(0, 1000)
}
