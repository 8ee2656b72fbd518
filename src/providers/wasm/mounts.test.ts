import { describe, expect, it } from 'vitest'
import type { PreparedInput } from '#contracts/storage.ts'
import { cleanPath, mountsOf } from './mounts.ts'

const input = (guestPath: string, isReadOnly = true): PreparedInput => ({
  input: { Source: { Type: 'noop' }, Alias: '', Target: guestPath },
  hostPath: `/host${guestPath}`,
  kind: 'directory',
  guestPath,
  isReadOnly,
})
const output = (Name: string, Path: string) => ({ resultPath: { Name, Path }, hostPath: `/results/${Name}` })
const places = (...args: Parameters<typeof mountsOf>): string[] => mountsOf(...args).map(({ guestPath }) => guestPath)

describe('mounts', () => {
  it('put inputs at their path, read-only unless the source may be written [R141]', () => {
    expect(mountsOf([input('/in'), input('/data/', false)], [])).toEqual([
      { guestPath: '/in', hostPath: '/host/in', isReadOnly: true },
      { guestPath: '/data', hostPath: '/host/data/', isReadOnly: false },
    ])
  })

  it('put an output at its path and at its name [X4]', () => {
    expect(mountsOf([], [output('res', '/out/put')])).toEqual([
      { guestPath: '/out/put', hostPath: '/results/res', isReadOnly: false, isOutput: true },
      { guestPath: '/res', hostPath: '/results/res', isReadOnly: false, isOutput: true },
    ])
    expect(places([], [output('outputs', '/outputs')])).toEqual(['/outputs'])
  })

  it('leave out the one place of an output that is taken', () => {
    expect(places([input('/res')], [output('res', '/out')])).toEqual(['/res', '/out'])
    expect(places([input('/out')], [output('res', '/out')])).toEqual(['/out', '/res'])
  })

  it('refuse what has no free place', () => {
    expect(() => mountsOf([input('/a'), input('/a/')], [])).toThrow('a filesystem with prefix "/a" is already mounted')
    expect(() => mountsOf([input('/out')], [output('out', '/out')])).toThrow('prefix "/out" is already mounted')
  })

  it('clean paths and refuse those that climb', () => {
    expect(cleanPath('//a/./b//')).toBe('/a/b')
    expect(cleanPath('a')).toBe('/a')
    for (const path of ['', ' ', '/a/../b', '..', 'a\0b']) expect(() => cleanPath(path), path).toThrow()
  })
})
