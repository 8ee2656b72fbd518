import { expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { partOf } from '../../../test/kit/part-of.ts'
import { StepClock } from '../../../test/kit/step-clock.ts'
import type { DockerApi } from './api.ts'
import { Images } from './images.ts'
import { defaultDockerSettings } from './settings.ts'

it('bids that come together ask the engine once what an image is and what it can run, for some engines take long to say it', async () => {
  const asked: string[] = []
  const call = async (_method: string, path: string) => {
    asked.push(path)
    await new Promise((resolve) => setImmediate(resolve))
    return path === '/version' ? { Os: 'linux', Arch: 'amd64' } : { Os: 'linux', Architecture: 'amd64' }
  }
  const images = new Images(partOf<DockerApi>({ call }), defaultDockerSettings, new StepClock())
  const never = new AbortController().signal
  const verdicts = await Promise.all(Array.from({ length: 40 }, () => images.fit('busybox', never)))
  expect(verdicts.every(({ isYes }) => isYes)).toBe(true)
  expect(asked).toEqual(['/images/busybox/json', '/version'])
})

it('an image that is here for another platform is looked up where it comes from, and speaks for itself only where nobody else can', async () => {
  const elsewhere: Record<string, unknown> = {
    both: { Platforms: [linux('arm64'), linux('amd64')], Descriptor: { digest: `sha256:${'1'.repeat(64)}` } },
    other: { Platforms: [linux('s390x')] },
  }
  const call = async (_method: string, path: string) => {
    const [, kind, name = ''] = path.split('/')
    if (kind === 'version') return { Os: 'linux', Arch: 'amd64' }
    if (kind === 'images')
      return { Os: 'linux', Architecture: 'arm64', RepoDigests: [`${name}@sha256:${'0'.repeat(64)}`] }
    return elsewhere[name] ?? Promise.reject(new Error('no such host'))
  }
  const images = new Images(partOf<DockerApi>({ call }), defaultDockerSettings, new StepClock())
  const never = new AbortController().signal
  expect(await images.fit('both', never)).toEqual({ isYes: true })
  expect(await images.pinned('both', never)).toBe(`docker.io/library/both@sha256:${'1'.repeat(64)}`)
  expect(images.isForeign('both')).toBe(true)
  expect(await images.fit('other', never)).toMatchObject({ reason: expect.stringContaining('[linux/s390x]') })
  expect(await images.fit('alone', never)).toMatchObject({ reason: expect.stringContaining('[linux/arm64]') })
})

it('a name that would be the path to something else of the engine is none, and the user is told so', async () => {
  const images = new Images(partOf<DockerApi>({}), defaultDockerSettings, new StepClock())
  for (const image of ['http://127.0.0.1:5000/tool:1', '../containers/c1', 'a/./b', 'a/..', '/a', 'a/']) {
    await expect(images.fit(image, new AbortController().signal)).rejects.toMatchObject({
      message: expect.stringContaining('invalid reference format'),
      hint: expect.stringContaining('Check the name of the image'),
      details: { FailureClass: 'user', Image: image },
    })
  }
})

it('an image that a node may not pull may be on another', async () => {
  const call = () => Promise.reject(new Fault('NotFound', 'no such image', { details: { DockerStatus: '404' } }))
  const images = new Images(
    partOf<DockerApi>({ call }),
    { ...defaultDockerSettings, isPullSkipped: true },
    new StepClock(),
  )
  await expect(images.fit('tool:1', new AbortController().signal)).rejects.toMatchObject({
    message: expect.stringContaining('uses local images only'),
    hint: expect.stringContaining('SKIP_IMAGE_PULL'),
    details: { FailureClass: 'node' },
  })
})

const linux = (architecture: string) => ({ os: 'linux', architecture })
