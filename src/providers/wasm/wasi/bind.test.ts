import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stillWorld, WasiRig } from '../../../../test/kit/wasi-rig.ts'
import { fixedWorld } from './fixed-world.ts'
import { fdFlag, openFlag } from './open-file.ts'
import { allRights, right } from './rights.ts'

const at = { vectors: 0, result: 16, buffer: 65_536 } as const

describe('the calls of WASI', () => {
  let rig: WasiRig
  const host = (...names: string[]): string => join(rig.folder, ...names)

  beforeEach(() => {
    rig = new WasiRig()
    writeFileSync(host('in', 'data'), '0123456789')
    mkdirSync(host('in', 'folder'))
  })
  afterEach(() => rig.close())

  describe('arguments and environment', () => {
    it('are C texts behind a list of pointers [R165] [R166]', () => {
      const own = new WasiRig({ args: ['', 'one', 'zwei ä'], env: [['COLOR', 'blue']] })
      expect(own.ask('args_sizes_get', 0, 4)).toBe('success')
      expect([own.u32(0), own.u32(4)]).toEqual([3, 1 + 4 + 8])
      expect(own.ask('args_get', 100, 200)).toBe('success')
      expect(own.bytes.toString('utf8', 200, 213)).toBe('\0one\0zwei ä\0')
      expect([own.u32(100), own.u32(104), own.u32(108)]).toEqual([200, 201, 205])
      expect(own.ask('environ_sizes_get', 0, 4)).toBe('success')
      expect([own.u32(0), own.u32(4)]).toEqual([1, 11])
      expect(own.ask('environ_get', 100, 200)).toBe('success')
      expect(own.bytes.toString('utf8', 200, 211)).toBe('COLOR=blue\0')
      own.close()
    })

    it('end at a NUL, so that one variable cannot pass for two', () => {
      const own = new WasiRig({ env: [['A', 'x\0B=y']] })
      own.ask('environ_sizes_get', 0, 4)
      expect([own.u32(0), own.u32(4)]).toEqual([1, 4])
      own.close()
    })
  })

  describe('clocks and waiting', () => {
    it('reads four clocks and no fifth', () => {
      for (const [clock, time] of [5n, 7n, 9n, 9n].entries()) {
        expect(rig.ask('clock_time_get', clock, 0n, at.result)).toBe('success')
        expect(rig.u64(at.result)).toBe(time)
        expect(rig.ask('clock_res_get', clock, at.result)).toBe('success')
      }
      expect(rig.ask('clock_time_get', 4, 0n, at.result)).toBe('inval')
      expect(rig.ask('clock_res_get', 4, at.result)).toBe('inval')
    })

    const subscribe = (index: number, kind: number, what: number, timeoutNs = 0n, flags = 0): void => {
      const start = at.buffer + index * 48
      rig.bytes.fill(0, start, start + 48)
      rig.bytes.writeBigUInt64LE(BigInt(100 + index), start)
      rig.bytes.writeUInt8(kind, start + 8)
      rig.bytes.writeUInt32LE(what, start + 16)
      rig.bytes.writeBigUInt64LE(timeoutNs, start + 24)
      rig.bytes.writeUInt16LE(flags, start + 40)
    }
    const poll = (count: number): string | { userdata: bigint; errno: number; kind: number }[] => {
      const answer = rig.ask('poll_oneoff', at.buffer, at.buffer + 8192, count, at.result)
      if (answer !== 'success') return answer
      return Array.from({ length: rig.u32() }, (_, index) => {
        const start = at.buffer + 8192 + index * 32
        const [errno, kind] = [rig.bytes.readUInt16LE(start + 8), rig.bytes.readUInt8(start + 10)]
        return { userdata: rig.u64(start), errno, kind }
      })
    }
    const slept = (): bigint => (rig.guest.world as ReturnType<typeof stillWorld>).sleptNs

    it('sleeps until the earliest clock', () => {
      subscribe(0, 0, 1, 500n)
      subscribe(1, 0, 1, 200n)
      expect(poll(2)).toEqual([{ userdata: 101n, errno: 0, kind: 0 }])
      expect(slept()).toBe(200n)
    })

    it('takes an absolute time, also one that has passed', () => {
      subscribe(0, 0, 1, 107n, 1)
      expect(poll(1)).toHaveLength(1)
      expect(slept()).toBe(100n)
      subscribe(0, 0, 1, 3n, 1)
      expect(poll(1)).toHaveLength(1)
      expect(slept()).toBe(100n)
    })

    it('does not wait for streams and files, and names bad descriptors', () => {
      subscribe(0, 2, 1)
      subscribe(1, 1, 0)
      subscribe(2, 1, 77)
      subscribe(3, 0, 1, 999n)
      const events = poll(4) as { errno: number }[]
      expect(events.map(({ errno }) => errno)).toEqual([0, 0, 8])
      expect(slept()).toBe(0n)
    })

    it('refuses nothing, too much and unknown kinds', () => {
      expect(poll(0)).toBe('inval')
      expect(poll(5000)).toBe('inval')
      subscribe(0, 3, 0)
      expect(poll(1)).toBe('inval')
      subscribe(0, 0, 9, 5n)
      expect(poll(1)).toEqual([{ userdata: 100n, errno: 28, kind: 0 }])
    })
  })

  describe('chance', () => {
    it('fills what it is given, across the memory', () => {
      expect(rig.ask('random_get', at.buffer, 100_000)).toBe('success')
      expect(rig.bytes.subarray(at.buffer, at.buffer + 100_000).every((byte) => byte === 1)).toBe(true)
      expect(rig.ask('random_get', 0, 2 ** 31)).toBe('fault')
    })

    it('repeats itself for the same seed only', () => {
      const draw = (seed: bigint): string => {
        const bytes = new Uint8Array(70_000)
        fixedWorld(seed).fillRandom(bytes)
        return Buffer.from(bytes).toString('base64')
      }
      expect(draw(1n)).toBe(draw(1n))
      expect(draw(1n)).not.toBe(draw(2n))
    })
  })

  describe('files', () => {
    it('reads in pieces, from everywhere, and at the end nothing', () => {
      const fd = rig.open('in/data') as number
      expect([rig.readOpen(fd, 4), rig.readOpen(fd, 100), rig.readOpen(fd, 100)]).toEqual(['0123', '456789', ''])
      expect(rig.ask('fd_seek', fd, -3n, 2, at.result)).toBe('success')
      expect(rig.u64(at.result)).toBe(7n)
      expect(rig.readOpen(fd, 2)).toBe('78')
      expect(rig.ask('fd_tell', fd, at.result)).toBe('success')
      expect(rig.u64(at.result)).toBe(9n)
      expect(rig.ask('fd_seek', fd, -10n, 1, at.result)).toBe('inval')
      expect(rig.ask('fd_seek', fd, 0n, 3, at.result)).toBe('inval')
      expect(rig.ask('fd_seek', fd, 2n ** 62n, 0, at.result)).toBe('overflow')
      rig.bytes.writeUInt32LE(at.buffer, 0)
      rig.bytes.writeUInt32LE(3, 4)
      expect(rig.ask('fd_pread', fd, 0, 1, 2n, at.result)).toBe('success')
      expect(rig.bytes.toString('latin1', at.buffer, at.buffer + 3)).toBe('234')
      expect(rig.readOpen(fd, 1)).toBe('9')
    })

    it('reads into several buffers, also empty and overlapping ones', () => {
      const fd = rig.open('in/data') as number
      const vectors = [at.buffer, 2, 0, 0, at.buffer + 10, 4, at.buffer + 12, 2]
      for (const [index, value] of vectors.entries()) rig.bytes.writeUInt32LE(value, index * 4 + 2048)
      expect(rig.ask('fd_read', fd, 2048, 4, at.result)).toBe('success')
      expect(rig.u32()).toBe(8)
      expect(rig.bytes.toString('latin1', at.buffer + 10, at.buffer + 14)).toBe('2367')
    })

    it('writes, appends, cuts and is what it says', () => {
      const flags = openFlag.create | openFlag.exclusive
      const fd = rig.open('out/new', { isWriting: true, flags }) as number
      expect(rig.writeOpen(fd, 'hello')).toBe('success')
      expect(rig.ask('fd_filestat_set_size', fd, 2n)).toBe('success')
      expect(rig.ask('fd_fdstat_set_flags', fd, fdFlag.append)).toBe('success')
      expect(rig.ask('fd_seek', fd, 0n, 0, at.result)).toBe('success')
      expect(rig.writeOpen(fd, 'y')).toBe('success')
      expect(rig.ask('fd_pwrite', fd, 0, 1, 0n, at.result)).toBe('success')
      expect(rig.ask('fd_sync', fd)).toBe('success')
      expect(rig.ask('fd_datasync', fd)).toBe('success')
      expect(rig.ask('fd_close', fd)).toBe('success')
      expect(rig.ask('fd_close', fd)).toBe('badf')
      expect(readFileSync(host('out', 'new'), 'utf8')).toBe('heyy')
      expect(rig.open('out/new', { isWriting: true, flags })).toBe('exist')
      expect(rig.stat('out/new')).toEqual({ type: 4, size: 4n })
    })

    it('stops appending when it is told to, and goes on where it stands', () => {
      const fd = rig.open('out/log', { isWriting: true, flags: openFlag.create }) as number
      expect(rig.ask('fd_fdstat_set_flags', fd, fdFlag.append | fdFlag.sync)).toBe('success')
      expect([rig.writeOpen(fd, 'one'), rig.writeOpen(fd, 'two')]).toEqual(['success', 'success'])
      expect(rig.ask('fd_fdstat_set_flags', fd, 0)).toBe('success')
      expect(rig.ask('fd_seek', fd, 0n, 0, at.result)).toBe('success')
      expect(rig.writeOpen(fd, 'ONE')).toBe('success')
      expect(rig.readOpen(fd)).toBe('two')
      expect(readFileSync(host('out', 'log'), 'utf8')).toBe('ONEtwo')
      expect(rig.ask('fd_fdstat_set_flags', fd, 32)).toBe('inval')
    })

    it('appends behind what others have written', () => {
      const rights = right.fdWrite
      const [path, length] = rig.put('out/log')
      rig.ask('path_open', 3, 0, path, length, openFlag.create, rights, allRights, fdFlag.append, at.result)
      const fd = rig.u32()
      rig.writeOpen(fd, 'a')
      writeFileSync(host('out', 'log'), 'b', { flag: 'a' })
      rig.writeOpen(fd, 'c')
      expect(readFileSync(host('out', 'log'), 'utf8')).toBe('abc')
    })

    it('keeps to the mode a file was opened in', () => {
      const reading = rig.open('out/../in/data') as number
      expect(rig.writeOpen(reading, 'x')).toBe('badf')
      expect(rig.ask('fd_filestat_set_size', reading, 0n)).toBe('badf')
      expect(rig.ask('fd_filestat_set_times', reading, 1n, 1n, 5)).toBe('rofs')
      const [path, length] = rig.put('out/w')
      expect(rig.ask('path_open', 3, 0, path, length, 1, right.fdWrite, 0n, 0, at.result)).toBe('success')
      expect(rig.readOpen(rig.u32())).toBe('badf')
    })

    it('changes nothing below a read-only mount', () => {
      symlinkSync('data', host('in', 'l'))
      expect(rig.write('in/data', 'x')).toBe('rofs')
      expect(rig.write('in/new', 'x')).toBe('rofs')
      expect(rig.open('in/data', { flags: openFlag.truncate })).toBe('rofs')
      expect(rig.onPath('path_create_directory', 'in/new')).toBe('rofs')
      expect(rig.onPath('path_remove_directory', 'in/folder')).toBe('rofs')
      expect(rig.onPath('path_unlink_file', 'in/data')).toBe('rofs')
      expect(rig.symlink('x', 'in/new')).toBe('rofs')
      expect(rig.rename('in/data', 'in/other')).toBe('rofs')
      expect(rig.rename('in/data', 'out/data')).toBe('rofs')
      expect(rig.rename('out/nothing', 'in/data')).toBe('noent')
      expect(rig.write('out/x', 'x')).toBe('success')
      expect(rig.rename('out/x', 'in/x')).toBe('rofs')
      const [path, length] = rig.put('in/data')
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, 0n, 0n, 5)).toBe('rofs')
      expect(readdirSync(host('in')).sort()).toEqual(['data', 'folder', 'l'])
      expect(readFileSync(host('in', 'data'), 'utf8')).toBe('0123456789')
    })

    it('sets times, of a link itself as well', () => {
      rig.write('out/file', 'x')
      rig.symlink('file', 'out/l')
      const [path, length] = rig.put('out/file')
      const second = 1_000_000_000n
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, 5n * second, 7n * second, 5)).toBe('success')
      expect(statSync(host('out', 'file')).mtimeMs).toBe(7000)
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, 5n * second, 9n * second, 1)).toBe('success')
      expect(statSync(host('out', 'file')).mtimeMs).toBe(7000)
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, 0n, 0n, 3)).toBe('inval')
      expect(rig.ask('fd_filestat_set_times', rig.open('out') as number, 3n * second, 3n * second, 5)).toBe('success')
      expect(statSync(host('out')).mtimeMs).toBe(3000)
      expect(rig.ask('fd_filestat_set_times', 3, 1n, 1n, 5)).toBe('rofs')
      expect(rig.ask('fd_filestat_set_times', 1, 1n, 1n, 5)).toBe('badf')
      const [link, linkLength] = rig.put('out/l')
      expect(rig.ask('path_filestat_set_times', 3, 0, link, linkLength, 1n, 1n, 5)).toBe('success')
      expect(statSync(host('out', 'file')).mtimeMs).toBe(7000)
    })

    it('shows times to the nanosecond as they were set, until someone else sets them', () => {
      rig.write('out/file', 'x')
      const [path, length] = rig.put('out/file')
      const times = (): bigint[] => {
        rig.ask('path_filestat_get', 3, 1, path, length, at.buffer)
        return [rig.u64(at.buffer + 40), rig.u64(at.buffer + 48)]
      }
      const [atimNs, mtimNs] = [1_795_954_941_294_886_111n, 1_795_954_941_294_886_222n]
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, atimNs, mtimNs, 5)).toBe('success')
      expect(times()).toEqual([atimNs, mtimNs])
      expect(rig.ask('path_filestat_set_times', 3, 1, path, length, 0n, mtimNs + 1n, 4)).toBe('success')
      expect(times()).toEqual([atimNs, mtimNs + 1n])
      utimesSync(host('out', 'file'), 5, 7)
      expect(times()).toEqual([5_000_000_000n, 7_000_000_000n])
    })

    it('a file may be mounted alone, and be written when it may', () => {
      const own = new WasiRig({
        mounts: (folder) => {
          writeFileSync(join(folder, 'secret', 'a'), 'A')
          const hostPath = join(folder, 'secret', 'a')
          return [
            { guestPath: '/data/file.txt', hostPath, isReadOnly: true },
            { guestPath: '/w', hostPath, isReadOnly: false },
          ]
        },
      })
      expect(own.read('data/file.txt')).toBe('A')
      expect(own.list('data')).toEqual(['file.txt'])
      expect(own.read('data/other')).toBe('noent')
      expect(own.write('data/file.txt', 'B')).toBe('rofs')
      expect(own.write('data/other', 'B')).toBe('rofs')
      expect(own.write('w', 'B')).toBe('success')
      expect(own.read('data/file.txt')).toBe('B')
      expect(own.onPath('path_unlink_file', 'w')).toBe('busy')
      expect(own.rename('w', 'v')).toBe('rofs')
      expect(own.stat('w')).toEqual({ type: 4, size: 1n })
      expect(own.open('w/x')).toBe('notdir')
      own.close()
    })
  })

  describe('folders', () => {
    it('the root shows the mounts, and nothing can be made there', () => {
      expect(rig.list('.')).toEqual(['in', 'out'])
      expect(rig.stat('.')).toEqual({ type: 3, size: 0n })
      expect(rig.write('new', 'x')).toBe('rofs')
      expect(rig.onPath('path_create_directory', 'new')).toBe('rofs')
      expect(rig.onPath('path_create_directory', 'in')).toBe('exist')
      expect(rig.onPath('path_remove_directory', 'out')).toBe('busy')
      expect(rig.rename('out', 'gone')).toBe('rofs')
    })

    it('lists everything, whatever the size of the buffer', () => {
      for (let n = 0; n < 50; n++) writeFileSync(host('out', `file-${n}`), '')
      const all = readdirSync(host('out')).sort()
      expect(rig.list('out', 40)).toEqual(all)
      expect(rig.list('out', 64)).toEqual(all)
      expect(rig.list('out', 30_000)).toEqual(all)
    })

    it('lists the numbers that the files themselves have', () => {
      writeFileSync(host('out', 'file'), '')
      const numbers = (path: string): Record<string, bigint> => {
        rig.ask('fd_readdir', rig.open(path) as number, at.buffer, 4096, 0n, at.result)
        const found: Record<string, bigint> = {}
        for (let start: number = at.buffer; start < at.buffer + rig.u32(); ) {
          const end = start + 24 + rig.u32(start + 16)
          found[rig.bytes.toString('utf8', start + 24, end)] = rig.u64(start + 8)
          start = end
        }
        return found
      }
      const numberOf = (...names: string[]): bigint => statSync(host(...names), { bigint: true }).ino
      expect(numbers('out')).toEqual({ '.': numberOf('out'), '..': 0n, file: numberOf('out', 'file') })
      expect(numbers('.')).toEqual({ '.': 1n, '..': 0n, in: numberOf('in'), out: numberOf('out') })
    })

    it('mounts inside mounts hide what they stand on', () => {
      const own = new WasiRig({
        mounts: (folder) => {
          mkdirSync(join(folder, 'in', 'sub'))
          writeFileSync(join(folder, 'in', 'sub', 'hidden'), '')
          writeFileSync(join(folder, 'in', 'seen'), '')
          return [
            { guestPath: '/in', hostPath: join(folder, 'in'), isReadOnly: true },
            { guestPath: '/in/sub', hostPath: join(folder, 'out'), isReadOnly: false },
            { guestPath: '/in/other/deep', hostPath: join(folder, 'out'), isReadOnly: true },
          ]
        },
      })
      expect(own.list('in')).toEqual(['other', 'seen', 'sub'])
      expect(own.list('in/sub')).toEqual([])
      expect(own.write('in/sub/new', 'x')).toBe('success')
      expect(own.read('in/other/deep/new')).toBe('x')
      expect(own.read('in/other/deep/../../seen')).toBe('')
      expect(own.rename('in/sub/new', 'in/other/deep/x')).toBe('rofs')
      own.close()
    })

    it('makes, moves and removes', () => {
      expect(rig.onPath('path_create_directory', 'out/a/')).toBe('success')
      expect(rig.onPath('path_create_directory', 'out/a')).toBe('exist')
      expect(rig.onPath('path_create_directory', 'out/x/y')).toBe('noent')
      expect(rig.write('out/a/f', 'x')).toBe('success')
      expect(rig.onPath('path_remove_directory', 'out/a')).toBe('notempty')
      expect(rig.onPath('path_unlink_file', 'out/a')).toBe('isdir')
      expect(rig.onPath('path_remove_directory', 'out/a/f')).toBe('notdir')
      expect(rig.rename('out/a', 'out/a/b')).toBe('inval')
      expect(rig.rename('out/a', 'out/b')).toBe('success')
      expect(rig.rename('out/b/f', 'out/f')).toBe('success')
      expect(rig.onPath('path_remove_directory', 'out/b')).toBe('success')
      expect(rig.onPath('path_remove_directory', 'out/.')).toBe('busy')
      expect(rig.onPath('path_unlink_file', 'out/f/')).toBe('notdir')
      expect(rig.link('out/f/', 'out/g')).toBe('notdir')
      expect(rig.link('out/f', 'out/g/')).toBe('noent')
      expect(rig.onPath('path_unlink_file', 'out/f')).toBe('success')
      expect(rig.onPath('path_unlink_file', 'out/f')).toBe('noent')
    })

    it('opens as folders what are folders, and only for reading', () => {
      expect(rig.open('in/data', { flags: openFlag.directory })).toBe('notdir')
      expect(rig.open('in/folder', { isWriting: true })).toBe('isdir')
      expect(rig.open('in/folder', { isWriting: true, flags: openFlag.directory })).toBe('isdir')
      expect(rig.open('out/new', { flags: openFlag.create | openFlag.directory })).toBe('inval')
      const fd = rig.open('in/folder') as number
      expect(rig.readOpen(fd)).toBe('isdir')
      expect(rig.ask('fd_seek', fd, 0n, 0, at.result)).toBe('isdir')
      expect(rig.ask('fd_readdir', rig.open('in/data') as number, at.buffer, 10, 0n, at.result)).toBe('notdir')
    })
  })

  describe('descriptors', () => {
    it('the root is preopened as /', () => {
      expect(rig.ask('fd_prestat_get', 3, at.result)).toBe('success')
      expect([rig.u32(at.result), rig.u32(at.result + 4)]).toEqual([0, 1])
      expect(rig.ask('fd_prestat_dir_name', 3, at.buffer, 1)).toBe('success')
      expect(rig.bytes.toString('latin1', at.buffer, at.buffer + 1)).toBe('/')
      expect(rig.ask('fd_prestat_dir_name', 3, at.buffer, 0)).toBe('nametoolong')
      expect(rig.ask('fd_prestat_get', 4, at.result)).toBe('badf')
      expect(rig.ask('fd_prestat_get', 1, at.result)).toBe('badf')
    })

    it('streams are neither files nor terminals', () => {
      expect(rig.readOpen(0)).toBe('')
      expect(rig.writeOpen(0, 'x')).toBe('badf')
      expect(rig.writeOpen(2, 'oops')).toBe('success')
      expect(rig.printed).toEqual([{ stream: 2, text: 'oops' }])
      expect(rig.ask('fd_seek', 1, 0n, 0, at.result)).toBe('spipe')
      expect(rig.ask('fd_fdstat_get', 1, at.result)).toBe('success')
      expect(rig.bytes.readUInt8(at.result)).toBe(0)
      expect(rig.ask('fd_filestat_get', 1, at.buffer)).toBe('success')
      expect(rig.ask('sock_shutdown', 1, 0)).toBe('notsock')
    })

    it('renumbering moves, closes the other, and needs both', () => {
      const a = rig.open('in/data') as number
      const b = rig.open('in/data') as number
      expect(rig.ask('fd_renumber', a, 99)).toBe('badf')
      expect(rig.ask('fd_renumber', 99, a)).toBe('badf')
      rig.readOpen(a, 3)
      expect(rig.ask('fd_renumber', a, b)).toBe('success')
      expect(rig.readOpen(b, 3)).toBe('345')
      expect(rig.readOpen(a)).toBe('badf')
      expect(rig.ask('fd_renumber', b, 3)).toBe('success')
      expect(rig.read('in/data')).toBe('notdir')
      expect(rig.readOpen(3, 3)).toBe('678')
    })

    it('rights only shrink', () => {
      const fd = rig.open('in/data') as number
      expect(rig.ask('fd_fdstat_set_rights', fd, right.fdRead, 0n)).toBe('success')
      expect(rig.ask('fd_fdstat_set_rights', fd, right.fdRead | right.fdWrite, 0n)).toBe('notcapable')
      expect(rig.readOpen(fd)).toBe('0123456789')
      expect(rig.ask('fd_fdstat_set_rights', fd, 0n, 0n)).toBe('success')
      expect(rig.readOpen(fd)).toBe('badf')
    })

    it('a folder has no rights of a file', () => {
      const fd = rig.open('out', { flags: openFlag.directory }) as number
      rig.ask('fd_fdstat_get', fd, at.buffer)
      expect(rig.u64(at.buffer + 8)).toBe(right.fdReaddir)
    })

    it('there is a bound on how many are open', () => {
      let answer: number | string = 0
      let count = 0
      while (typeof answer === 'number' && count < 3000) {
        answer = rig.open('in/data')
        count += 1
      }
      expect(answer).toBe('mfile')
      expect(count).toBeGreaterThan(900)
      expect(rig.ask('fd_close', 5)).toBe('success')
      expect(rig.open('in/data')).toBe(5)
    })
  })

  it('ends the program once and for all', () => {
    expect(() => rig.call('proc_exit', 5)).toThrow()
    expect(rig.guest.end?.exitCode).toBe(5)
    expect(() => rig.call('fd_close', 4)).toThrow()
    expect(() => rig.call('proc_exit', 9)).toThrow()
    expect(rig.guest.end?.exitCode).toBe(5)
  })

  it('has its garbage collected now and then by whoever makes many calls', () => {
    let collections = 0
    const own = new WasiRig({ collectYoung: () => void collections++ })
    for (let n = 0; n < 10_000; n++) own.ask('sched_yield')
    expect(collections).toBe(2)
    own.close()
  })

  it('hides what differs between machines from a repeatable program', () => {
    const own = new WasiRig({ world: fixedWorld(7n) })
    own.write('out/a', 'x')
    own.stat('out/a')
    expect([own.u64(65_536), own.u64(65_544), own.u64(65_584)]).toEqual([1n, 1n, 1_640_995_200_000_000_000n])
    own.ask('clock_time_get', 0, 0n, 16)
    expect(own.u64(16)).toBe(1_640_995_200_001_000_000n)
    own.close()
  })
})
