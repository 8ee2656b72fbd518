import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { noResources } from '#models/resources.ts'
import { DockerApi } from '#providers/docker/api.ts'
import { nameImage } from '#providers/docker/name-image.ts'
import { registryAuth } from '#providers/docker/registry-auth.ts'
import { busyboxImage } from '../kit/busybox-image.ts'
import { DockerRig, faultOf, script } from '../kit/docker-rig.ts'
import type { TestEngine } from '../kit/engine-process.ts'
import { type ImageRegistry, imageRegistry } from '../kit/image-registry.ts'
import { missingPart } from '../kit/missing-part.ts'
import { canStartPodman, podmanEngine } from '../kit/podman-engine.ts'
import { type PrivateRegistry, privateRegistry } from '../kit/private-registry.ts'

const never = new AbortController().signal

if (!canStartPodman()) missingPart('Podman')
else {
  /** Where Podman's Docker interface says less than Docker's: it does not ask a registry about an image, and not all that the kernel did. */
  describe('Podman', { timeout: 60_000 }, () => {
    let registry: PrivateRegistry
    let foreign: ImageRegistry
    let ours: ImageRegistry
    let podman: TestEngine | undefined
    const rig = new DockerRig(() => podman?.host ?? '')

    beforeAll(async () => {
      registry = await privateRegistry('me', 'secret')
      foreign = await imageRegistry(busyboxImage(), { architecture: 's390x' })
      ours = await imageRegistry(busyboxImage())
      podman = await podmanEngine(registry.domain, ...[foreign, ours].map(({ port }) => `127.0.0.1:${port}`))
    }, 120_000)
    afterAll(async () => {
      await podman?.stop()
      await registry.stop()
      await foreign.close()
      await ours.close()
    }, 120_000)

    it('has images accepted that it does not have yet, and pulls them with the login of their registry, which is not needed from then on [X9, X28]', async () => {
      const image = `${registry.domain}/tool:1`
      const credentials = { [registry.domain]: { username: 'me', password: 'secret' } }
      await rig.api.call('POST', '/images/busybox/tag', { query: { repo: `${registry.domain}/tool`, tag: '1' } })
      const headers = await registryAuth({ domain: registry.domain }, { credentials, loginsFile: '' })
      await rig.api.text('POST', `/images/${encodeURIComponent(image)}/push`, { headers })
      await rig.api.call('DELETE', `/images/${encodeURIComponent(image)}`)

      const told: string[] = []
      const asked = rig.ask({ Image: image, Entrypoint: ['echo', 'pulled'] }, { onProgress: (text) => told.push(text) })
      const engine = rig.open({ credentials })
      expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      expect(await engine.contentOf(asked.engine, never)).toBeUndefined()
      expect(await rig.run(asked, engine)).toEqual({ exitCode: 0 })
      expect([asked.logs.stdout, told[0]]).toEqual(['pulled\n', `Pulling image ${image}`])
      const content = (await rig.open().contentOf(asked.engine, never)) ?? ''
      expect(content).toMatch(/\/tool@sha256:[0-9a-f]{64}$/)

      await rig.api.call('DELETE', `/images/${encodeURIComponent(image)}`)
      await nameImage(rig.api, content, image)
      expect(await rig.open().contentOf(asked.engine, never)).toBe(content)
    })

    it.each([
      ['UPPER::x', 'invalid reference format'],
      ['UPPER:x', 'repository name must be lowercase'],
      ['tool@md5:d41d8cd98f00b204e9800998ecf8427e', 'unsupported digest algorithm'],
      ['a'.repeat(256), 'repository name must not be more than 255 characters'],
    ])('blames the user for a name that is none: %s', async (image, cause) => {
      const fault = await faultOf(rig.open().accepts(rig.ask({ Image: image }).engine, { Type: 'None' }, never))
      expect(fault.message).toMatch(new RegExp(`^Could not inspect image "${image}" .* ${cause}$`))
      expect(fault.details?.['FailureClass']).toBe('user')
    })

    it('is not offered where the operator wants a runtime, which Podman would leave out without a word', async () => {
      expect(await rig.open().isInstalled(never)).toEqual({ isYes: true })
      expect(await rig.open({ runtime: 'runsc' }).isInstalled(never)).toMatchObject({
        isYes: false,
        reason: expect.stringContaining('runtime runsc'),
        cure: expect.stringContaining('Compute.Docker.Runtime'),
      })
    })

    it('starts no image of another platform, which it sees only when it has pulled it', async () => {
      const asked = rig.ask({ Image: foreign.image, Entrypoint: ['/bin/sh'] })
      expect(await rig.open().accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      const fault = await faultOf(rig.open().start(asked, never))
      expect(fault.message).toMatch(/^this node does not support the available image platforms \[linux\/s390x\]/)
      expect(fault.details?.['FailureClass']).toBe('node')
    })

    it('pulls its own of an image that is here for another platform; where there is none, each attempt says so', async () => {
      await rig.takeFor(ours.image, foreign.image)
      const asked = rig.ask({ Image: ours.image, Entrypoint: ['echo', 'ours'] })
      const engine = rig.open()
      expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      expect(await rig.run(asked, engine)).toEqual({ exitCode: 0 })
      expect(asked.logs.stdout).toBe('ours\n')
      for (const image of [foreign.image, 'here:1']) {
        if (image === 'here:1') await rig.takeFor(image, foreign.image)
        const again = rig.ask({ Image: image })
        expect(await engine.accepts(again.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
        const fault = await faultOf(engine.start(again, never))
        expect(fault.message).toMatch(/^this node does not support the available image platforms \[linux\/s390x\]/)
      }
    })

    it('blames the user for an image that its registry does not have, when it pulls', async () => {
      const image = `${registry.domain}/nothing:1`
      const credentials = { [registry.domain]: { username: 'me', password: 'secret' } }
      const fault = await faultOf(rig.open({ credentials }).start(rig.ask({ Image: image }), never))
      expect(fault.message).toContain(`Could not pull image "${image}"`)
      expect(fault.details?.['FailureClass']).toBe('user')
    })

    it('starts nothing without the GPUs that it was promised: Podman takes the request for those of NVIDIA and hands none in [R145]', async () => {
      const gpu = { Index: 0, Name: 'T1', Vendor: 'NVIDIA', Memory: 1, PCIAddress: '' }
      const asked = rig.ask(script('echo started'), { resources: { ...noResources(), GPU: 1, GPUs: [gpu] } })
      const reason = 'the container engine of the node hands in no GPUs of NVIDIA'
      expect(await rig.open().handsIn(gpu, never)).toMatchObject({ isYes: false, reason })
      expect(await rig.open().handsIn({ ...gpu, Vendor: 'Intel' }, never)).toEqual({ isYes: true })
      const fault = await faultOf(rig.open().start(asked, never))
      expect(fault.message).toBe(reason)
      expect(fault.details?.['FailureClass']).toBe('node')
      expect(asked.logs.stdout).toBe('')
    })

    it('has programs that the kernel kills for their memory told from others that are killed [R144]', async () => {
      const resources = { ...noResources(), CPU: 0.5, Memory: 32 * 1024 * 1024 }
      const eaters = [0, 1, 2].map(() => rig.run(rig.ask(script('tail /dev/zero'), { resources })))
      const ends = await Promise.all(eaters)
      expect(ends.map(({ exitCode }) => exitCode)).toEqual([137, 137, 137])
      // What the kernel has counted goes within a fifth of a second, which a busy machine may miss once.
      expect(ends.map(({ failure }) => failure?.message)).toContain('memory limit exceeded')
      const asked = vi.spyOn(DockerApi.prototype, 'text')
      const others = [0, 1, 2].map(() => rig.run(rig.ask(script('sh -c "kill -9 \\$\\$"; exit $?'), { resources })))
      for (const killed of await Promise.all(others)) expect(killed).toEqual({ exitCode: 137, signal: 'SIGKILL' })
      const waits = asked.mock.calls.filter(([, , options]) => JSON.stringify(options?.query)?.includes('oom'))
      expect(waits.length, 'they waited for word of what the kernel has not counted').toBeLessThan(3)
      asked.mockRestore()
    })
  })
}
