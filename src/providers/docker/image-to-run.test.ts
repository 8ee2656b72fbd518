import { describe, expect, it } from 'vitest'
import { imageToRun } from './image-to-run.ts'

const digest = `sha256:${'a'.repeat(64)}`

describe('imageToRun', () => {
  it('takes a digest of the repository that the user named, however the name is written', () => {
    expect(imageToRun('busybox:1', undefined)).toBe('busybox:1')
    const content = `docker.io/library/busybox@${digest}`
    for (const image of ['busybox', 'busybox:1', 'docker.io/library/busybox']) {
      expect(imageToRun(image, content)).toBe(content)
    }
  })

  it('refuses another repository, another registry, and a name that may still change', () => {
    for (const content of [
      `docker.io/library/other@${digest}`,
      `evil.example/library/busybox@${digest}`,
      'busybox:2',
    ]) {
      expect(() => imageToRun('busybox', content)).toThrow('which is no digest of docker.io/library/busybox')
    }
  })
})
