import { execFileSync, spawn } from 'node:child_process'
import { linkSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WasiRig } from '../../../../test/kit/wasi-rig.ts'
import { openFlag } from './open-file.ts'

const secret = 'the secret'

describe('the walk through a path', () => {
  let rig: WasiRig
  const host = (...names: string[]): string => join(rig.folder, ...names)

  beforeEach(() => {
    rig = new WasiRig()
    writeFileSync(host('secret', 'key'), secret)
    writeFileSync(host('in', 'data'), 'data')
    mkdirSync(host('in', 'deep', 'er'), { recursive: true })
    writeFileSync(host('in', 'deep', 'er', 'file'), 'deep data')
  })
  afterEach(() => rig.close())

  describe('finds what is there', () => {
    it('with dots and doubled slashes', () => {
      for (const path of ['in/data', 'in//./data', 'in/deep/../data', 'in/deep/er/../../data']) {
        expect(rig.read(path), path).toBe('data')
      }
    })

    it('from a folder that is open', () => {
      const deep = rig.open('in/deep', { flags: openFlag.directory }) as number
      expect(rig.read('er/file', deep)).toBe('deep data')
      expect(rig.read('er/../er/file', deep)).toBe('deep data')
    })

    it('through links of the host that stay inside, in the middle and at the end', () => {
      symlinkSync('deep/er', host('in', 'short'))
      symlinkSync('short/file', host('in', 'twice'))
      symlinkSync('../data', host('in', 'deep', 'up'))
      expect(rig.read('in/short/file')).toBe('deep data')
      expect(rig.read('in/twice')).toBe('deep data')
      expect(rig.read('in/deep/up')).toBe('data')
    })

    it('beyond a mount by a link that climbs to the guest’s own root', () => {
      symlinkSync('../in/data', host('out', 'across'))
      expect(rig.read('out/across')).toBe('data')
    })

    it('names that are no UTF-8', () => {
      const name = Buffer.from([0x66, 0xff, 0xfe])
      writeFileSync(Buffer.concat([Buffer.from(`${host('in')}/`), name]), 'odd')
      const path = Buffer.concat([Buffer.from('in/'), name])
      rig.put(path)
      expect(rig.ask('path_filestat_get', 3, 1, 1024, path.length, 65_536)).toBe('success')
    })
  })

  describe('stays at the root', () => {
    it('however often a path climbs', () => {
      expect(rig.read('../../../../in/data')).toBe('data')
      expect(rig.read('../../secret/key')).toBe('noent')
      expect(rig.list('../..')).toEqual(['in', 'out'])
    })

    it('and refuses to climb above a folder that was opened below a mount', () => {
      const deep = rig.open('in/deep', { flags: openFlag.directory }) as number
      expect(rig.read('../data', deep)).toBe('notcapable')
      expect(rig.read('er/../../data', deep)).toBe('notcapable')
    })

    it('while a mount’s own folder may be left for its neighbours', () => {
      const mount = rig.open('in', { flags: openFlag.directory }) as number
      expect(rig.write('../out/new', 'x', mount)).toBe('success')
      expect(rig.read('../../../secret/key', mount)).toBe('noent')
    })

    it('when the path is absolute: it begins at no folder of the guest', () => {
      for (const path of [
        '/in/data',
        '/etc/passwd',
        '/proc/self/environ',
        '/proc/self/root/etc/passwd',
        host('secret', 'key'),
      ]) {
        expect(rig.read(path), path).toBe('perm')
      }
    })
  })

  describe('is not led out by links', () => {
    it('that the host placed in an input: absolute, climbing, and to a folder', () => {
      symlinkSync(host('secret', 'key'), host('in', 'absolute'))
      symlinkSync('../secret/key', host('in', 'climbing'))
      symlinkSync('../secret', host('in', 'folder'))
      symlinkSync('/', host('in', 'slash'))
      symlinkSync('/proc/self/root', host('in', 'magic'))
      const paths = ['absolute', 'climbing', 'folder/key', `slash${host('secret', 'key')}`, 'magic/etc/passwd']
      for (const path of paths) {
        expect(rig.read(`in/${path}`), path).toBe('noent')
        expect(rig.write(`in/${path}`, 'x'), path).not.toBe('success')
      }
      expect(readFileSync(host('secret', 'key'), 'utf8')).toBe(secret)
    })

    it('that the host placed in a writable folder', () => {
      symlinkSync('../secret', host('out', 'folder'))
      symlinkSync(host('secret', 'new'), host('out', 'dangling'))
      expect(rig.write('out/folder/key', 'x')).toBe('noent')
      expect(rig.write('out/dangling', 'x')).toBe('noent')
      expect(rig.onPath('path_create_directory', 'out/folder/sub')).toBe('noent')
      expect(rig.rename('out/folder/key', 'out/stolen')).toBe('noent')
      expect(rig.link('out/folder/key', 'out/stolen')).toBe('noent')
      expect(rig.onPath('path_unlink_file', 'out/folder/key')).toBe('noent')
      expect(readdirSync(host('secret'))).toEqual(['key'])
      expect(rig.onPath('path_unlink_file', 'out/folder')).toBe('success')
      expect(readdirSync(host('secret'))).toEqual(['key'])
    })

    it('that the guest makes itself: the escape that node:wasi allows', () => {
      expect(rig.symlink('.', 'out/s')).toBe('success')
      expect(rig.symlink('s/..', 'out/l')).toBe('perm')
      symlinkSync('s/..', host('out', 'l'))
      expect(rig.read('out/l/secret/key')).toBe('noent')
      expect(rig.write('out/l/secret/key', 'x')).not.toBe('success')
      expect(rig.list('out/l')).toEqual(['in', 'out'])
      expect(readFileSync(host('secret', 'key'), 'utf8')).toBe(secret)
    })

    it('that are moved where their target means something else', () => {
      expect(rig.onPath('path_create_directory', 'out/a')).toBe('success')
      expect(rig.onPath('path_create_directory', 'out/a/b')).toBe('success')
      symlinkSync('../../secret/key', host('out', 'a', 'b', 'l'))
      expect(rig.rename('out/a/b/l', 'out/l')).toBe('success')
      expect(rig.read('out/l')).toBe('noent')
    })

    it('and makes none whose target is absolute or climbs, for those who read the results', () => {
      for (const target of ['/etc/passwd', '..', '../x', 'a/../../x', 'a/..']) {
        expect(rig.symlink(target, 'out/l'), target).toBe('perm')
      }
      expect(rig.symlink('', 'out/l')).toBe('noent')
      expect(rig.symlink('...', 'out/dots')).toBe('success')
      expect(rig.readlink('out/dots')).toBe('...')
    })

    it('and ends on loops and on long chains', () => {
      symlinkSync('b', host('out', 'a'))
      symlinkSync('a', host('out', 'b'))
      symlinkSync('self/self', host('out', 'self'))
      expect(rig.read('out/a')).toBe('loop')
      expect(rig.read('out/self')).toBe('loop')
      expect(rig.read('out/a/x')).toBe('loop')
      for (let n = 0; n < 60; n++) symlinkSync(`c${n + 1}`, host('out', `c${n}`))
      expect(rig.read('out/c0')).toBe('loop')
    })

    it('unless asked, the last link is not followed', () => {
      symlinkSync('data', host('in', 'l'))
      expect(rig.stat('in/l', 0)).toMatchObject({ type: 7 })
      expect(rig.stat('in/l', 1)).toMatchObject({ type: 4 })
      expect(rig.open('in/l', { follow: 0 })).toBe('loop')
      expect(rig.stat('in/l/', 0)).toBe('notdir')
    })
  })

  describe('is not led out by changes under it', () => {
    it('when a folder that is open is moved away by the host', () => {
      mkdirSync(host('out', 'held', 'inner'), { recursive: true })
      const held = rig.open('out/held', { flags: openFlag.directory }) as number
      execFileSync('mv', [host('out', 'held'), host('secret', 'held')])
      expect(rig.read('../key', held)).toBe('notcapable')
      expect(rig.read('inner/../../key', held)).toBe('notcapable')
    })

    it('when folders and links take each other’s place all the time', () => {
      mkdirSync(host('out', 'dir'))
      writeFileSync(host('out', 'dir', 'key'), 'mine')
      symlinkSync('../secret', host('out', 'link'))
      const swap = 'while mv -T dir tmp && mv -T link dir && mv -T dir link && mv -T tmp dir; do :; done'
      const swapper = spawn('sh', ['-c', swap], { cwd: host('out'), stdio: 'ignore' })
      const seen = new Set<string>()
      for (let n = 0; n < 20_000 && (n < 2_000 || seen.size < 2); n++) seen.add(rig.read('out/dir/key'))
      swapper.kill()
      expect(seen.size).toBeGreaterThan(1)
      expect([...seen].filter((text) => !['mine', 'noent', 'inval', 'notdir'].includes(text))).toEqual([])
    })
  })

  describe('touches no file but regular ones', () => {
    it('a FIFO is refused and does not make it wait', () => {
      execFileSync('mkfifo', [host('in', 'fifo'), host('out', 'fifo')])
      expect(rig.open('in/fifo')).toBe('acces')
      expect(rig.open('out/fifo', { isWriting: true })).toBe('acces')
      expect(rig.write('out/fifo', 'x')).toBe('acces')
    })

    it('a socket is refused', async () => {
      const server = createServer()
      await new Promise<void>((resolve) => server.listen(host('in', 'socket'), resolve))
      expect(rig.open('in/socket')).toBe('acces')
      server.close()
    })

    it('a device is refused', () => {
      const device = new WasiRig({ mounts: () => [{ guestPath: '/dev', hostPath: '/dev', isReadOnly: false }] })
      expect(device.open('dev/null')).toBe('acces')
      expect(device.open('dev/zero', { isWriting: true })).toBe('acces')
      device.close()
    })

    it('links of /proc lead nowhere, were it mounted', () => {
      const proc = new WasiRig({ mounts: () => [{ guestPath: '/p', hostPath: '/proc', isReadOnly: true }] })
      for (const path of ['p/self/root/etc/passwd', 'p/self/cwd/package.json', 'p/self/fd/0', 'p/self/exe']) {
        expect(proc.read(path), path).toMatch(/^(noent|acces|notdir)$/)
      }
      proc.close()
    })
  })

  describe('refuses paths that are none', () => {
    it('empty, with a NUL, too long, too deep', () => {
      expect(rig.open('')).toBe('noent')
      expect(rig.open('in/data\0x')).toBe('inval')
      expect(rig.open(`in/${'x'.repeat(300)}`)).toBe('nametoolong')
      expect(rig.open('x'.repeat(5000))).toBe('nametoolong')
      expect(rig.open(`in/${'a/'.repeat(2000)}x`)).toBe('noent')
      expect(rig.read(`${'in/../'.repeat(600)}in/data`)).toBe('data')
    })

    it('too deep for real: folders made one below the other end with an error, not a crash', () => {
      let answer = 'success'
      let depth = 0
      for (let path = 'out'; answer === 'success' && depth < 400; depth += 1) {
        path += '/d'
        answer = rig.onPath('path_create_directory', path)
      }
      expect(answer).toBe('nametoolong')
      expect(depth).toBeGreaterThan(200)
      execFileSync('rm', ['-rf', host('out', 'd')])
    })

    it('through a file, or with a slash behind a file', () => {
      expect(rig.open('in/data/x')).toBe('notdir')
      expect(rig.open('in/data/')).toBe('notdir')
      expect(rig.write('out/new/', 'x')).toBe('isdir')
    })
  })

  it('lets go of everything it held', () => {
    const count = (): number => readdirSync('/proc/self/fd').length
    symlinkSync('../secret/key', host('in', 'climbing'))
    const before = count()
    for (let n = 0; n < 50; n++) {
      rig.read('in/deep/er/file')
      rig.read('in/climbing')
      rig.read('in/deep/nothing')
      rig.read('in/data/x')
      rig.symlink('x', `out/l${n}`)
      rig.rename(`out/l${n}`, `out/m${n}`)
    }
    expect(count()).toBe(before)
  })

  it('gives a hard link only within one mount, and never of something outside', () => {
    expect(rig.link('in/data', 'out/data')).toBe('rofs')
    expect(rig.write('out/mine', 'x')).toBe('success')
    expect(rig.link('out/mine', 'out/same')).toBe('success')
    expect(rig.read('out/same')).toBe('x')
    expect(rig.link('out/mine', 'out/same')).toBe('exist')
    expect(rig.link('out/mine', 'out/followed', 1)).toBe('inval')
    linkSync(host('secret', 'key'), host('in', 'hard'))
    expect(rig.write('in/hard', 'x')).toBe('rofs')
    expect(readFileSync(host('secret', 'key'), 'utf8')).toBe(secret)
  })
})
