import { Fault, faultOf, isFaultCode } from '#lib/fault.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import { recordOf, sentenceOf } from './go/checked.ts'

/** What was thrown, as the other side is told of it. */
export function faultText(error: unknown): string {
  const { code, message, hint, isRetryable } = faultOf(error)
  return exactJson({ Code: code, Message: message, ...(hint ? { Hint: hint } : {}), IsRetryable: isRetryable })
}

/** What the other side told; when that cannot be read, a Fault that says so. */
export function faultFrom(text: string): Fault {
  try {
    const { Code, Message, Hint, IsRetryable } = recordOf(parseExact(text), 'fault')
    return new Fault(isFaultCode(Code) ? Code : 'InternalError', sentenceOf(Message, 'Message'), {
      isRetryable: IsRetryable === true,
      ...(Hint ? { hint: sentenceOf(Hint, 'Hint') } : {}),
    })
  } catch (error) {
    return new Fault('InternalError', 'the other side answered with an error that cannot be read', { cause: error })
  }
}
