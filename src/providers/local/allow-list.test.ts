import { describe, expect, it } from 'vitest'
import { accessTo, matchesPattern, parseAllowedPath, rebased } from './allow-list.ts'

describe('parseAllowedPath', () => {
  it('is read-only unless it says otherwise, by its last suffix alone [R182]', () => {
    expect(parseAllowedPath('/data')).toEqual({ pattern: '/data', isWritable: false })
    expect(parseAllowedPath('/data:ro')).toEqual({ pattern: '/data', isWritable: false })
    expect(parseAllowedPath(' /data/**:rw ')).toEqual({ pattern: '/data/**', isWritable: true })
    expect(parseAllowedPath('/data:/data:rw')).toEqual({ pattern: '/data:/data', isWritable: true })
    expect(parseAllowedPath('/a:b')).toEqual({ pattern: '/a:b', isWritable: false })
  })
})

describe('matchesPattern', () => {
  const matching: [string, string][] = [
    ['/dir/file1', '/dir/file1'],
    ['/dir/*', '/dir/file1'],
    ['**', '/dir/file1'],
    ['/**', '/dir/file1'],
    ['/dir/**', '/dir/a/b/c'],
    ['/dir/**', '/dir'],
    ['/dir/file*', '/dir/file1'],
    ['/dir/file*1', '/dir/file-1'],
    ['/dir/.*', '/dir/.hidden'],
    ['/dir/*', '/dir/.hidden'],
    ['/d?r/[a-f]{1,2}', '/dir/b2'],
    ['/!dir', '/!dir'],
    ['/d (1)/*', '/d (1)/file'],
    ['/a|b/*', '/a|b/file'],
    ['/a+$^b/*', '/a+$^b/file'],
    ['/a"b/*', '/a"b/file'],
    ['/a\\*b/*', '/a*b/file'],
    ['/a\\(b/*', '/a(b/file'],
    ['/[(|]/*', '/|/file'],
  ]
  it.each(matching)('%s matches %s [R181]', (pattern, path) => expect(matchesPattern(pattern, path)).toBe(true))

  const others: [string, string][] = [
    ['/dir/*', '/dir'],
    ['/dir/*', '/dir/a/b'],
    ['/dir/file1', '/dir/file2'],
    ['/dir/sub', '/dir'],
    ['/dir/.*', '/dir/file'],
    ['/dir', '/dir/file'],
    ['!/dir', '/other'],
    ['/dir/@(a|b)', '/dir/a'],
    ['', '/dir'],
    ['/d (1)/*', '/d 1/file'],
    ['/(a|b)/*', '/a/file'],
    ['/a|b/*', '/a'],
    ['/a.b/*', '/axb/file'],
    ['/a"b"/*', '/ab/file'],
    ['/a\\*b/*', '/axb/file'],
    ['/[!b]/*', '/b/file'],
  ]
  it.each(others)('%s does not match %s', (pattern, path) => expect(matchesPattern(pattern, path)).toBe(false))
})

describe('accessTo', () => {
  const nowhere = async () => undefined
  const ask = (path: string, isWritable: boolean, entries: string[], where = nowhere as any) =>
    accessTo({ path, isWritable }, entries.map(parseAllowedPath), where)

  it('needs a read-write entry for writing; a read-only request is served by either', async () => {
    expect(await ask('/d/f', true, ['/d/*'])).toBe('read-only')
    expect(await ask('/d/f', true, ['/d/*', '/d/f:rw'])).toBe('granted')
    expect(await ask('/d/f', false, ['/d/*:rw'])).toBe('granted')
    expect(await ask('/d/f', false, [])).toBe('denied')
    expect(await ask('d/f', false, ['**'])).toBe('denied')
  })

  it('lets the operator put links into the fixed part of a pattern', async () => {
    const where = async (path: string) => (path === '/data' ? '/disks/[1]' : undefined)
    expect(await ask('/disks/[1]/x', false, ['/data/*'], where)).toBe('granted')
    expect(await ask('/disks/1/x', false, ['/data/*'], where)).toBe('denied')
    expect(await ask('/disks/[1]', false, ['/data'], where)).toBe('granted')
    expect(await ask('/disks/1', false, ['/data'], where)).toBe('denied')
  })

  it('splits patterns before their first wildcard', () => {
    expect(rebased('*', '/x')).toBe('/x/*')
  })
})
