/** Error numbers of WASI preview 1 that this host gives. */
export const errno = {
  success: 0,
  toobig: 1,
  acces: 2,
  again: 6,
  badf: 8,
  busy: 10,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  mlink: 34,
  nametoolong: 37,
  nfile: 41,
  noent: 44,
  nomem: 48,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  nxio: 60,
  overflow: 61,
  perm: 63,
  pipe: 64,
  rofs: 69,
  spipe: 70,
  txtbsy: 74,
  xdev: 75,
  notcapable: 76,
} as const

export type ErrnoName = keyof typeof errno

/** What a call of the guest fails with. Light: it has no stack, because guests fail calls in tight loops. */
class WasiError {
  readonly errno: number

  constructor(name: ErrnoName) {
    this.errno = errno[name]
  }
}

/** Fails the present call of the guest. */
export function fail(name: ErrnoName): never {
  // oxlint-disable-next-line typescript/only-throw-error -- see WasiError
  throw new WasiError(name)
}

const systemCodes: Record<string, ErrnoName> = {
  E2BIG: 'toobig',
  EACCES: 'acces',
  EAGAIN: 'again',
  EBADF: 'badf',
  EBUSY: 'busy',
  EDQUOT: 'nospc',
  EEXIST: 'exist',
  EFBIG: 'fbig',
  EILSEQ: 'ilseq',
  EINVAL: 'inval',
  EISDIR: 'isdir',
  ELOOP: 'loop',
  EMFILE: 'mfile',
  EMLINK: 'mlink',
  ENAMETOOLONG: 'nametoolong',
  ENFILE: 'nfile',
  ENOENT: 'noent',
  ENOMEM: 'nomem',
  ENOSPC: 'nospc',
  ENOTDIR: 'notdir',
  ENOTEMPTY: 'notempty',
  ENOTSUP: 'notsup',
  ENXIO: 'nxio',
  EOPNOTSUPP: 'notsup',
  EOVERFLOW: 'overflow',
  EPERM: 'perm',
  EPIPE: 'pipe',
  EROFS: 'rofs',
  ESPIPE: 'spipe',
  ETXTBSY: 'txtbsy',
  EXDEV: 'xdev',
}

/** The error number for anything thrown by a call; undefined = not an answer to the guest (a bug, or the program's end). */
export function errnoOf(thrown: unknown): number | undefined {
  if (thrown instanceof WasiError) return thrown.errno
  if (!(thrown instanceof Error) || !('syscall' in thrown)) return undefined
  return errno[systemCodes[(thrown as NodeJS.ErrnoException).code ?? ''] ?? 'io']
}
