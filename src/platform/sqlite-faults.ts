import { Fault, messageOf } from '#lib/fault.ts'

/** Primary result codes of SQLite (the low byte of the extended ones). */
const codes = {
  perm: 3,
  busy: 5,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
}

type SqliteError = Error & { errcode: number; errstr: string }
const isSqliteError = (error: unknown): error is SqliteError =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_SQLITE_ERROR'

/** Whether another process holds the file. */
export const isBusy = (error: unknown): boolean => isSqliteError(error) && (error.errcode & 0xff) === codes.busy

/** What the operating system refused. */
const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/** What a failing statement means. Wrong statements and broken constraints are bugs and stay as they are. */
export function faultOfSqlite(error: unknown, path: string): unknown {
  if (!isSqliteError(error)) return error
  const cause = { component: 'Store', cause: error, details: { Path: path } }
  switch (error.errcode & 0xff) {
    case codes.full:
      return new Fault('StorageFull', `no space left for the database ${path}`, {
        ...cause,
        hint: 'free space on this disk; the node goes on by itself',
        isRetryable: true,
      })
    case codes.corrupt:
    case codes.notDatabase:
      return damagedFault(path, error.message, error)
    case codes.busy:
    case codes.noMemory:
    case codes.readOnly:
    case codes.ioError:
    case codes.cannotOpen:
      return new Fault('ServiceUnavailable', `cannot write the database ${path}: ${error.message}`, {
        ...cause,
        hint: 'look at the disk and its mount; the node tries again with the next change',
        isRetryable: true,
      })
    default:
      return error
  }
}

/** What a failure to open means to somebody who has just started the program. */
export function faultOfOpening(error: unknown, path: string): unknown {
  if (error instanceof Fault) return error
  const code = isSqliteError(error) ? error.errcode & 0xff : (error as NodeJS.ErrnoException).code
  const cause = { component: 'Store', cause: error, details: { Path: path } }
  switch (code) {
    case codes.busy:
      return new Fault('ServiceUnavailable', `the database ${path} is in use by another process`, {
        ...cause,
        hint: 'only one server may use a data folder: stop the other one or choose another folder',
      })
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('StorageFull', `no space left for the database ${path}`, {
        ...cause,
        hint: 'free space on this disk',
      })
    case codes.perm:
    case codes.readOnly:
    case codes.cannotOpen:
      return unusableFault(error, path)
    default:
      return isSystemError(error) ? unusableFault(error, path) : faultOfSqlite(error, path)
  }
}

const unusableFault = (error: unknown, path: string): Fault =>
  new Fault('ServiceUnavailable', `cannot open the database ${path}: ${messageOf(error)}`, {
    component: 'Store',
    hint: 'the data folder must exist or be creatable, and be writable by this user',
    details: { Path: path },
    cause: error,
  })

export const damagedFault = (path: string, what: string, cause?: unknown): Fault =>
  new Fault('ServiceUnavailable', `the database ${path} is damaged: ${what}`, {
    component: 'Store',
    hint: 'restore the file from a backup, or move it away to start empty',
    details: { Path: path },
    cause,
  })
