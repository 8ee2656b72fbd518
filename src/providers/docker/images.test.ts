import { expect, it } from 'vitest'
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
