import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { baseName, cleanPath, dirName, extension, isAbsolutePath, joinPath } from './path.ts'

describe('paths as text', () => {
  it('are cleaned without looking at a disk', () => {
    expect(['a//b/./c/..', '/../a', '../../a', '', '/', 'a/..'].map(cleanPath)).toEqual([
      'a/b',
      '/a',
      '../../a',
      '.',
      '/',
      '.',
    ])
  })

  it('are joined and taken apart', () => {
    expect([
      joinPath('a', '', '../b'),
      joinPath(),
      baseName('/a/b/'),
      dirName('/a/b'),
      extension('a.b/c.tar.gz'),
    ]).toEqual(['b', '', 'b', '/a', '.gz'])
  })
})

describeVectors('paths.json', ({ text, join }: { text: string; join?: string[] }) => {
  if (join !== undefined) return joinPath(...join)
  return {
    abs: isAbsolutePath(text),
    base: baseName(text),
    clean: cleanPath(text),
    dir: dirName(text),
    ext: extension(text),
  }
})
