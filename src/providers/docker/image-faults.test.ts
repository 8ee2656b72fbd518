import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { imageFailureClass, imageFault } from './image-faults.ts'

const daemon = (message: string, status = '500') =>
  new Fault('ServiceUnavailable', `Error response from daemon: ${message}`, { details: { DockerStatus: status } })

describe('imageFailureClass', () => {
  it('blames the user for a name that is wrong or not theirs to pull', () => {
    expect(imageFailureClass(daemon('pull access denied for x, repository does not exist', '404'))).toBe('user')
    expect(imageFailureClass(daemon('manifest for alpine:nope not found: manifest unknown'))).toBe('user')
    expect(imageFailureClass(new Error('invalid reference format'))).toBe('user')
    expect(imageFailureClass(daemon('normalizing image: normalizing name for compat API: unsupported digest'))).toBe(
      'user',
    )
  })

  it('blames the world for a registry that is away or busy', () => {
    const away = daemon('Get "https://registry.example.com/v2/": dial tcp: lookup registry.example.com: no such host')
    expect(imageFailureClass(away)).toBe('transient')
    expect(imageFault('inspect', 'x', away).hint).toContain('cannot reach the registry')
    expect(imageFailureClass(daemon('toomanyrequests: rate limit, access denied'))).toBe('transient')
    expect(imageFailureClass(daemon('dial tcp 10.0.0.1:443: connect: connection refused'))).toBe('transient')
  })

  it.each([
    'no matching manifest for linux/arm64 in the manifest list entries',
    'choosing an image from manifest list docker://r/i:1: no image found in manifest list for architecture amd64, variant "", OS linux',
    'choosing an image from manifest list docker://r/i:1: no image found in image index for architecture amd64, variant "", OS linux',
  ])('blames the node for an image that is made for others: %s', (said) => {
    expect(imageFailureClass(daemon(said))).toBe('node')
    expect(imageFault('pull', 'i', daemon(said)).hint).toBe('Use an image made for this platform')
  })

  it('blames the disk for being full', () => {
    expect(imageFailureClass(daemon('write /layer: no space left on device'))).toBe('resource')
  })
})

describe('imageFault', () => {
  it('has the sentence that clients know', () => {
    const fault = imageFault('inspect', 'no-such:1', daemon('away'))
    expect(fault.message).toBe(
      'Could not inspect image "no-such:1" - could be due to repo/image not existing, or registry needing authorization: Error response from daemon: away',
    )
    expect(fault.isRetryable).toBe(true)
  })
})
