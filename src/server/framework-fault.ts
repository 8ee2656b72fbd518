import { Fault, faultOf } from '#lib/fault.ts'
import { bodyTooLarge, malformedUrl, parameterTooLong, wrongMediaType } from './route-faults.ts'

const known: Readonly<Record<string, () => Fault>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: bodyTooLarge,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: wrongMediaType,
  FST_ERR_MAX_PARAM_LENGTH: parameterTooLong,
  FST_ERR_BAD_URL: malformedUrl,
}

/** Errors of the framework itself, and whatever else reaches its error handler, as Faults. */
export function frameworkFault(error: unknown): Fault {
  if (error instanceof Fault) return error
  const { code = '', statusCode, message } = error as { code?: string; statusCode?: number; message: string }
  const fault = known[code]?.()
  if (fault) return fault
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new Fault('BadRequest', message, { component: 'APIServer' })
  }
  return faultOf(error)
}
