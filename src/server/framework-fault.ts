import { Fault, faultOf } from '#lib/fault.ts'
import { bodyTooLarge } from './route-faults.ts'

/** Errors of the framework itself, and whatever else reaches its error handler, as Faults. */
export function frameworkFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message: string }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge()
  if (code === 'FST_ERR_BAD_URL') return new Fault('BadRequest', 'malformed URL', { component: 'APIServer' })
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Fault('BadRequest', message, { component: 'APIServer', status: statusCode })
  }
  return faultOf(error)
}
