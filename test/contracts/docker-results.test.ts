import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openResults } from '#providers/docker/closed-results.ts'
import { DockerRig, script } from '../kit/docker-rig.ts'
import type { TestEngine } from '../kit/engine-process.ts'
import { missingPart } from '../kit/missing-part.ts'
import { canStartPodman, podmanEngine } from '../kit/podman-engine.ts'
import { withDocker } from '../kit/with-docker.ts'

/** Who the node would be when it is not root. */
const nobody = { uid: 65_534, gid: 65_534 }

/** What a program leaves for a node that is not root, although the program was. */
const leaves = `
umask 077
cd /out
mkdir -p shut/deep && echo secret > shut/deep/secret && ln shut/deep/secret shut/again
chmod 000 shut/deep/secret shut/deep
echo open > open && chmod 4755 open
cp open shut/runs && chmod 4711 shut/runs
ln -s /etc/passwd link`

const suite = (host: () => string) => {
  const rig = new DockerRig(host)

  it('are opened for it where the program has closed them, and nothing else is changed [X21]', async () => {
    const out = join(rig.folder(), 'out')
    mkdirSync(out)
    const outputs = [{ hostPath: out, resultPath: { Name: 'out', Path: '/out' } }]
    expect(await rig.run(rig.ask(script(leaves), { outputs }), rig.open({ isStackKept: true }))).toEqual({
      exitCode: 0,
    })
    chownSync(out, nobody.uid, nobody.gid)
    const [container] = await rig.ours()
    await openResults(rig.api, container?.Id ?? '', outputs, nobody)
    await rig.api.call('DELETE', `/containers/${container?.Id}`)

    const seen = (name: string) => {
      const { uid, mode } = lstatSync(join(out, name))
      return [uid, (mode & 0o7777).toString(8)]
    }
    expect([seen('shut'), seen('shut/deep')]).toEqual([
      [nobody.uid, '700'],
      [nobody.uid, '700'],
    ])
    expect(['shut/deep/secret', 'shut/again'].map(seen)).toEqual([
      [nobody.uid, '600'],
      [nobody.uid, '600'],
    ])
    expect(readFileSync(join(out, 'shut/again'), 'utf8')).toBe('secret\n')
    // What made it run as root must not make it run as the node.
    expect(seen('shut/runs')).toEqual([nobody.uid, '711'])
    expect([seen('open'), seen('link')]).toEqual([
      [0, '4755'],
      [0, '777'],
    ])
  })

  it('are left as they are when there is nothing closed', async () => {
    const out = join(rig.folder(), 'out')
    mkdirSync(out)
    const outputs = [{ hostPath: out, resultPath: { Name: 'out', Path: '/out' } }]
    expect(await rig.run(rig.ask(script('echo all > /out/file'), { outputs }))).toEqual({ exitCode: 0 })
    chmodSync(out, 0o755)
    await openResults(rig.api, 'there is no such container', outputs, nobody)
    expect([existsSync(join(out, 'file')), lstatSync(join(out, 'file')).uid]).toEqual([true, 0])
  })
}

withDocker((host) => {
  describe('results of a container whose node is not root', { timeout: 60_000 }, () => {
    suite(host)
  })
})

if (!canStartPodman()) missingPart('Podman')
else {
  describe('results of a container of Podman whose node is not root', { timeout: 60_000 }, () => {
    let podman: TestEngine | undefined
    beforeAll(async () => {
      podman = await podmanEngine()
    }, 120_000)
    suite(() => podman?.host ?? '')
    afterAll(() => podman?.stop(), 120_000)
  })
}
