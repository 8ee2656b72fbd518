import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { DockerEngine } from '#providers/docker/engine.ts'
import { registryAuth } from '#providers/docker/registry-auth.ts'
import type { DockerSettings } from '#providers/docker/settings.ts'
import { busyboxImage } from '../kit/busybox-image.ts'
import { DockerRig, faultOf, script } from '../kit/docker-rig.ts'
import { type ImageRegistry, imageRegistry } from '../kit/image-registry.ts'
import { type PrivateRegistry, privateRegistry } from '../kit/private-registry.ts'
import { withDocker } from '../kit/with-docker.ts'

const never = new AbortController().signal

/** Images of a real Docker engine: from where they come, with whose login, and what of them runs. */
withDocker((host) => {
  describe('images of the docker engine', { timeout: 60_000 }, () => {
    const rig = new DockerRig(host)
    const { ask, open, run } = rig

    let registry: ImageRegistry
    afterEach(async () => {
      await registry?.close()
    })
    const forget = (image: string) =>
      rig.api.call('DELETE', `/images/${encodeURIComponent(image)}`, { query: { force: true } }).catch(() => {})

    it('needs no registry for an image that is here [X28]', async () => {
      const verdict = await open().accepts(ask({}).engine, { Type: 'None' }, never)
      expect(verdict).toEqual({ isYes: true })
    })

    it('has the known sentence for an image that cannot be looked up', async () => {
      const image = '127.0.0.1:1/no-such-image:1'
      const fault = await faultOf(open().accepts(ask({ Image: image }).engine, { Type: 'None' }, never))
      const sentence = 'could be due to repo/image not existing, or registry needing authorization'
      expect(fault.message).toMatch(`Could not inspect image "${image}" - ${sentence}: Error response from daemon: `)
      expect(fault.details).toMatchObject({ FailureClass: 'transient' })
      expect(fault.hint).toContain('DOCKER_USERNAME')
      const pull = await faultOf(open().start(ask({ Image: image }), never))
      expect(pull.message).toMatch(`Could not pull image "${image}" - ${sentence}: `)
      expect(pull.details).toMatchObject({ FailureClass: 'transient' })
    })

    it('blames the user for a name that is none', async () => {
      const fault = await faultOf(open().accepts(ask({ Image: 'Not A Name' }).engine, { Type: 'None' }, never))
      expect(fault.details).toMatchObject({ FailureClass: 'user' })
      expect(fault.isRetryable).toBe(false)
    })

    it('pulls what is missing, with the login of that registry only [X9, S1]', async () => {
      registry = await imageRegistry(busyboxImage(), { login: 'me:secret' })
      const credentials = { [`127.0.0.1:${registry.port}`]: { username: 'me', password: 'secret' } }
      const engine = open({ credentials })
      const told: string[] = []
      const onProgress = (text: string) => told.push(text)
      const asked = ask({ Image: registry.image, ...script('echo pulled') }, { onProgress })
      expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      expect(await run(asked, engine)).toEqual({ exitCode: 0 })
      expect(asked.logs.stdout).toBe('pulled\n')
      expect(told[0]).toBe(`Pulling image ${registry.image}`)
      expect(told.at(-1)).toMatch(new RegExp(`^Pulled image ${registry.image} in \\d+s`))
      await forget(registry.image)
    })

    it('pulls once what many want at the same time, and tells each of them', async () => {
      registry = await imageRegistry(busyboxImage())
      const { image } = registry
      const engine = open()
      const told: string[] = []
      const some = Array.from({ length: 4 }, () =>
        ask({ Image: image, ...script('echo pulled') }, { onProgress: (text) => told.push(text) }),
      )
      await Promise.all(some.map((asked) => engine.accepts(asked.engine, { Type: 'None' }, never)))
      await Promise.all(some.map((asked) => run(asked, engine)))
      expect(some.map(({ logs }) => logs.stdout)).toEqual(Array(4).fill('pulled\n'))
      expect(told.filter((text) => text === `Pulling image ${image}`)).toHaveLength(4)
      // One for the question where it runs, one for the pull.
      expect(registry.requests.filter(({ path }) => path.endsWith('/manifests/1'))).toHaveLength(2)
      await forget(image)
    })

    it('offers no login of another registry, and blames the user for the missing one [X9, S1]', async () => {
      registry = await imageRegistry(Buffer.alloc(1024), { login: 'me:secret' })
      const credentials = { 'docker.io': { username: 'hub', password: 'hub-secret' } }
      const fault = await faultOf(open({ credentials }).start(ask({ Image: registry.image }), never))
      expect(fault.details).toMatchObject({ FailureClass: 'user' })
      expect(registry.requests.length).toBeGreaterThan(0)
      expect(registry.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([])
    })

    describe('of a private registry', () => {
      let registryOfOurs: PrivateRegistry
      let image: string
      beforeAll(async () => {
        registryOfOurs = await privateRegistry('me', 'secret:word')
        image = `${registryOfOurs.domain}/tool:1`
        await push('busybox')
      })
      const push = async (name: string) => {
        const repo = `${registryOfOurs.domain}/tool`
        await rig.api.call('POST', `/images/${name}/tag`, { query: { repo, tag: '1' } })
        const credentials = { [registryOfOurs.domain]: { username: 'me', password: 'secret:word' } }
        const headers = await registryAuth({ domain: registryOfOurs.domain }, { credentials, loginsFile: '' })
        const pushed = await rig.api.text('POST', `/images/${repo}/push`, { query: { tag: '1' }, headers })
        expect(pushed).toContain('digest')
      }
      /** An image that differs from `busybox` by its variable VERSION. */
      const makeNewer = async () => {
        const { Id } = await rig.api.call<{ Id: string }>('POST', '/containers/create', { body: { Image: 'busybox' } })
        await rig.api.call('POST', '/commit', { query: { container: Id, repo: 'newer', changes: 'ENV VERSION=newer' } })
        await rig.api.call('DELETE', `/containers/${Id}`)
      }
      beforeEach(() => forget(image))
      afterAll(async () => {
        await forget(image)
        await registryOfOurs.stop()
      })
      const loginsFile = (content: object) => {
        const path = join(rig.folder('logins'), 'config.json')
        writeFileSync(path, JSON.stringify(content))
        return path
      }
      const auths = (domain: string, login = 'me:secret:word') =>
        loginsFile({ auths: { [domain]: { auth: Buffer.from(login).toString('base64') } } })
      const ran = async (engine: DockerEngine, asked = ask({ Image: image, Entrypoint: ['echo', 'private'] })) => {
        expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
        expect(await run(asked, engine)).toEqual({ exitCode: 0 })
        return asked.logs.stdout
      }

      it('runs one with the login that `docker login` left on the node [X9]', async () => {
        expect(await ran(open({ loginsFile: auths(registryOfOurs.domain) }))).toBe('private\n')
      })

      it('asks a credential helper for the login of that registry', async () => {
        const folder = rig.folder('helpers')
        const answer = JSON.stringify({ ServerURL: registryOfOurs.domain, Username: 'me', Secret: 'secret:word' })
        const script = `#!/bin/sh\nread -r server\n[ "$1 $server" = "get ${registryOfOurs.domain}" ] && echo '${answer}'\n`
        writeFileSync(join(folder, 'docker-credential-test'), script, { mode: 0o755 })
        const path = process.env['PATH']
        process.env['PATH'] = `${folder}:${path}`
        try {
          const logins = loginsFile({ credHelpers: { [registryOfOurs.domain]: 'test' } })
          expect(await ran(open({ loginsFile: logins }))).toBe('private\n')
        } finally {
          process.env['PATH'] = path
        }
      })

      it('blames the user when the node has no login or a wrong one, and the node when it cannot look it up', async () => {
        const classOf = async (more: Partial<DockerSettings>) => {
          const fault = await faultOf(open(more).start(ask({ Image: image }), never))
          expect(fault.message).toContain(`Could not pull image "${image}"`)
          return fault.details?.['FailureClass']
        }
        expect(await classOf({})).toBe('user')
        expect(await classOf({ loginsFile: auths(registryOfOurs.domain, 'me:guess') })).toBe('user')
        const lost = loginsFile({ credHelpers: { [registryOfOurs.domain]: 'lost' } })
        expect(await classOf({ loginsFile: lost })).toBe('node')
      })

      it('runs what the name stood for when it was found, also after it has come to stand for something else [X10]', async () => {
        const engine = open({ loginsFile: auths(registryOfOurs.domain) })
        const version = (content?: string) => {
          const asked = ask({ Image: image, ...script('echo "it is $VERSION"') }, content ? { content } : {})
          return run(asked, engine).then(() => asked.logs.stdout)
        }
        const content = await engine.contentOf(ask({ Image: image }).engine, never)
        expect(content).toMatch(new RegExp(`^${registryOfOurs.domain}/tool@sha256:[0-9a-f]{64}$`))
        await makeNewer()
        await push('newer')
        await forget(image)
        expect(await version()).toBe('it is newer\n')
        expect(await version(content)).toBe('it is \n')
        expect(await engine.contentOf(ask({ Image: content }).engine, never)).toBeUndefined()
        expect(await open().contentOf(ask({}).engine, never), 'it was made here').toBeUndefined()
        for (const name of [content ?? '', 'newer']) await forget(name)
      })

      it('needs no registry again for what it has pulled by its digest, and leaves a name to the image that has it [X10, X28]', async () => {
        const first = open({ loginsFile: auths(registryOfOurs.domain) })
        await push('busybox')
        await forget(image)
        const content = (await first.contentOf(ask({ Image: image }).engine, never)) ?? ''
        expect(await run(ask({ Image: image, Entrypoint: ['true'] }, { content }), first)).toEqual({ exitCode: 0 })
        // Without any login the registry tells nothing.
        expect(await open().accepts(ask({ Image: image }).engine, { Type: 'None' }, never)).toEqual({ isYes: true })
        expect(await open().contentOf(ask({ Image: image }).engine, never)).toBe(content)

        await makeNewer()
        await forget(image)
        await forget(content)
        await rig.api.call('POST', '/images/newer/tag', { query: { repo: `${registryOfOurs.domain}/tool`, tag: '1' } })
        expect(await run(ask({ Image: image, Entrypoint: ['true'] }, { content }), first)).toEqual({ exitCode: 0 })
        const printed = ask({ Image: image, ...script('echo "it is $VERSION"') })
        await run(printed)
        expect(printed.logs.stdout).toBe('it is newer\n')
        for (const name of [content, 'newer']) await forget(name)
      })

      it('gives no name to what the name has stood for earlier: the next job gets what it stands for now [X10]', async () => {
        const logins = { loginsFile: auths(registryOfOurs.domain) }
        await push('busybox')
        const content = (await open(logins).contentOf(ask({ Image: image }).engine, never)) ?? ''
        await makeNewer()
        await push('newer')
        for (const name of [image, content]) await forget(name)
        const engine = open(logins)
        const version = (more: { content?: string }) => {
          const asked = ask({ Image: image, ...script('echo "it is $VERSION"') }, more)
          return ran(engine, asked)
        }
        expect(await version({ content })).toBe('it is \n')
        expect(await version({})).toBe('it is newer\n')
        for (const name of [content, 'newer']) await forget(name)
      })

      it('offers that login to no other registry [X9, S1]', async () => {
        registry = await imageRegistry(Buffer.alloc(1024), { login: 'other:login' })
        const logins = { loginsFile: auths(registryOfOurs.domain) }
        const other = ask({ Image: registry.image })
        await faultOf(open(logins).accepts(other.engine, { Type: 'None' }, never))
        await faultOf(open(logins).start(other, never))
        expect(registry.requests.length).toBeGreaterThan(0)
        expect(registry.requests.filter(({ authorization }) => authorization !== undefined)).toEqual([])
      })
    })

    it('blames the user for an image that its registry does not have', async () => {
      registry = await imageRegistry(Buffer.alloc(1024))
      const fault = await faultOf(open().start(ask({ Image: registry.image.replace('tool', 'nothing') }), never))
      expect(fault.details).toMatchObject({ FailureClass: 'user' })
    })

    it('does not pull when it was told not to', async () => {
      registry = await imageRegistry(busyboxImage())
      const fault = await faultOf(open({ isPullSkipped: true }).start(ask({ Image: registry.image }), never))
      expect(fault.message).toContain('local images only')
      expect(registry.requests).toEqual([])
    })

    it('keeps to the entrypoint and the command of an image as far as the job says nothing else [R157, R158]', async () => {
      const entrypoint = 'ENTRYPOINT ["echo", "entry"]'
      const command = 'CMD ["sh", "-c", "echo command"]'
      const said = async (changes: string[], params: Record<string, unknown>) => {
        const { Id } = await rig.api.call<{ Id: string }>('POST', '/containers/create', { body: { Image: 'busybox' } })
        const query = { container: Id, repo: 'entry', changes: ['CMD []', 'ENTRYPOINT []', ...changes].join('\n') }
        await rig.api.call('POST', '/commit', { query })
        await rig.api.call('DELETE', `/containers/${Id}`)
        const asked = ask({ Image: 'entry', ...params })
        const exit = await run(asked)
        return exit.failure?.class ?? asked.logs.stdout.trim()
      }
      const own = { Entrypoint: ['echo', 'mine'] }
      const words = { Parameters: ['echo', 'words'] }
      expect(await said([entrypoint, command], {})).toBe('entry sh -c echo command')
      expect(await said([entrypoint, command], own)).toBe('mine')
      expect(await said([entrypoint, command], words)).toBe('entry echo words')
      expect(await said([entrypoint, command], { ...own, ...words })).toBe('mine echo words')
      expect(await said([entrypoint], {})).toBe('entry')
      expect(await said([command], {})).toBe('command')
      expect(await said([command], words)).toBe('words')
      expect(await said([command], own)).toBe('mine')
      expect(await said([], words)).toBe('words')
      expect(await said([command], { Parameters: ['no-such-command'] })).toBe('user')
      await forget('entry')
    })

    it('refuses an image of another platform', async () => {
      registry = await imageRegistry(Buffer.alloc(1024), { architecture: 's390x' })
      const verdict = await open().accepts(ask({ Image: registry.image }).engine, { Type: 'None' }, never)
      expect(verdict).toMatchObject({
        isYes: false,
        reason: expect.stringMatching(
          /^this node does not support the available image platforms \[linux\/s390x\] \(supports \[linux\/\w+\]\)$/,
        ),
      })
    })

    it('pulls its own of an image that is here for another platform, and lets it have the name [X28]', async () => {
      const ours = process.arch === 'arm64' ? 'arm64' : 'amd64'
      registry = await imageRegistry(busyboxImage(), { architectures: ['s390x', ours] })
      await rig.pull(registry.image, 'linux/s390x')
      const asked = ask({ Image: registry.image, ...script('echo ours') })
      const engine = open()
      expect(await engine.accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      const content = await engine.contentOf(asked.engine, never)
      expect(await run({ ...asked, ...(content && { content }) }, engine)).toEqual({ exitCode: 0 })
      const { length } = registry.requests
      expect(await open().accepts(asked.engine, { Type: 'None' }, never)).toEqual({ isYes: true })
      expect(registry.requests).toHaveLength(length)
      await forget(registry.image)
    })
  })
})
