import { afterAll, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { endOf, serverAt } from '../../kit/served-node.ts'
import { withDocker } from '../../kit/with-docker.ts'

withDocker((host) => {
  const product = new BuiltProduct()
  afterAll(() => product.close())

  const devstack = async () => {
    const program = product.start(['devstack', '--computes', '1'], { DOCKER_HOST: host() })
    const [, port] = await program.says(/CLIENTAPI_PORT=(\d+)/)
    return { program, port: Number(port) }
  }

  it('a second development cluster leaves the containers of the first alone [X21]', async () => {
    const first = await devstack()
    const env = { BACALHAU_API_PORT: String(first.port) }
    const run = await product.run(['docker', 'run', '--id-only', '--wait=false', 'busybox', 'sleep', '3'], env)
    const id = run.stdout.trim()
    const logs = product.start(['docker', 'run', '--follow', 'busybox', '--', 'sh', '-c', 'echo begun; sleep 3'], env)
    await logs.says(/begun/)
    const second = await devstack()
    expect(await endOf(serverAt(first.port), id)).toMatchObject({ StateType: 'Completed' })
    expect((await logs.ended).stderr).not.toContain('Error')
    for (const { program } of [first, second]) expect((await program.end()).code).toBe(0)
  })
})
