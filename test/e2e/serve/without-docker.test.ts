import { afterEach, beforeEach, expect, it } from 'vitest'
import { BuiltProduct } from '../../kit/built-product.ts'
import { ask, endOf, serveNode, smallJob, submit } from '../../kit/served-node.ts'

let product: BuiltProduct
beforeEach(() => {
  product = new BuiltProduct()
})
afterEach(() => product.close())

it('a node without a Docker engine serves, runs WASM, and says why it runs no container [R205, W40, W45]', async () => {
  const node = await serveNode(product)
  expect(node.program.said).toMatch(
    /engine_unavailable engine=docker reason=cannot reach the Docker engine at .*nonexistent/,
  )
  const engines = (await ask(node, 'GET', '/agent/node')).body.Info.ComputeNodeInfo.ExecutionEngines as string[]
  expect(engines).toContain('wasm')
  expect(engines).not.toContain('docker')
  const { JobID } = (await submit(node, smallJob('one'))).body
  expect(await endOf(node, JobID)).toMatchObject({ StateType: 'Completed' })

  const env = { BACALHAU_API_PORT: String(node.port) }
  const { code, stderr } = await product.run(['docker', 'run', '--exit-code', 'busybox', 'echo', 'hi'], env)
  expect(code).toBe(1)
  expect(stderr).toMatch(
    /^\nError: not enough nodes to run job.*\n.*does not support docker, only wasm\s+\(docker: cannot reach the/,
  )
  const failed = (await ask(node, 'GET', '/orchestrator/jobs')).body.Items.find((job: any) => job.ID !== JobID)
  expect(failed.State).toMatchObject({ StateType: 'Failed' })
  expect(failed.State.Message).toMatch(
    /does not support docker, only wasm \(docker: cannot reach the Docker engine at .*nonexistent.*\)$/,
  )
})
