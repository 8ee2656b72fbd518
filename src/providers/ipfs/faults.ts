import { Fault, isDiskFull, messageOf } from '#lib/fault.ts'

/** What went wrong with content of IPFS, of which `what` is the name: files that cannot be written are the disk's or the content's own fault. */
export function ipfsFault(error: unknown, what: string): Fault {
  if (error instanceof Fault) return error
  if (isDiskFull(error)) return new Fault('StorageFull', `${what}: ${messageOf(error)}`, { cause: error })
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENAMETOOLONG') return contentFault(what, 'a name in it is too long for a file')
  if (code === 'EEXIST') return contentFault(what, 'two entries of a folder in it have one name')
  return new Fault('ServiceUnavailable', `${what}: ${messageOf(error)}`, {
    details: { FailureClass: 'transient' },
    isRetryable: true,
    cause: error,
  })
}

/** Content that `where`, a node of IPFS, did not find: it may be there later, and others may know who has it. */
export const notFoundInTime = (where: string, cid: string, limitMs: number, cause: unknown): Fault =>
  new Fault('Timeout', `${where} did not find ${cid} within ${limitMs / 1000}s`, {
    hint: 'Check the CID; some IPFS node that is online must have the content',
    details: { FailureClass: 'transient' },
    isRetryable: true,
    cause,
  })

/** Content that is what its id says and yet of no use: no other node has better. */
export const contentFault = (what: string, why: string): Fault =>
  new Fault('BadRequest', `${what}: ${why}`, { details: { FailureClass: 'user' } })
