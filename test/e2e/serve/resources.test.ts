import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Product, type Server, toolJob } from '../../kit/product.ts'
import { until } from '../../kit/until.ts'
import { ended } from '../crash/processes.ts'

/** What the tools of three vendors print, as far as a node asks them. */
const nvidia = 'cat <<END\n2, Tesla T4, 15360\n5, NVIDIA A100-SXM4-40GB, 40960\nEND'
const amd = `cat <<'END'
WARNING: AMD GPU device(s) is/are in a low-power state. Check power control/runtime_status

{"card1": {"Card Series": "Instinct MI210", "VRAM Total Memory (B)": "68702699520", "PCI Bus": "0000:C1:00.0"},
 "system": {"Driver version": "6.10.5"}}
END`
const intel = 'echo "Error: failed to initialize zes driver" >&2; exit 3'

type Node = {
  Info: {
    Labels: Record<string, string>
    ComputeNodeInfo: { MaxCapacity: Amounts; AvailableCapacity: Amounts; MaxJobRequirements: Amounts }
  }
}
type Amounts = {
  CPU?: number
  Memory?: number
  GPU?: number
  GPUs?: { Index: number; Vendor: string; PCIAddress: string }[]
}

let product: Product
let server: Server
let tools: Record<string, string>
const tool = async (name: string, script: string) =>
  chmod(await product.file(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755)

beforeAll(async () => {
  product = await Product.start()
  for (const [name, script] of Object.entries({ 'nvidia-smi': nvidia, 'rocm-smi': amd, 'xpu-smi': intel }))
    await tool(name, script)
  tools = { PATH: `${join(product.folder, 'bin')}:${process.env['PATH']}` }
  server = await product.serve({
    env: tools,
    settings: {
      Name: 'here',
      'Compute.AllocatedCapacity.CPU': '2',
      'Compute.AllocatedCapacity.Memory': '1Gb',
      'Compute.JobLimits.CPU': '50%',
      'Compute.JobLimits.Memory': '600Mb',
      'Compute.JobLimits.GPU': '2',
      'Compute.Heartbeat.InfoUpdateInterval': '200ms',
    },
  })
})
afterAll(() => product?.stop())

const run = async (Resources: object) =>
  ended(server.port, await server.submit(toolJob(['print', '', '', '0'], { task: { Resources } })))

describe('the resources of a node', () => {
  it('are found by themselves, and shown by the node and in lists [R145, R205, R206]', async () => {
    const own = await server.json<Node>(['agent', 'node'])
    expect(own.Info.ComputeNodeInfo.MaxCapacity).toMatchObject({ CPU: 2, Memory: 1e9, GPU: 3 })
    expect(own.Info.ComputeNodeInfo.MaxCapacity.GPUs?.map(({ Vendor, Index }) => [Vendor, Index])).toEqual([
      ['NVIDIA', 2],
      ['NVIDIA', 5],
      ['AMD/ATI', 1],
    ])
    expect(own.Info.Labels).toMatchObject({
      'Operating-System': 'linux',
      os_type: 'linux',
      Architecture: own.Info.Labels['os_arch'],
      name: 'here',
      'GPU-1': 'Instinct-MI210',
      'GPU-1-Memory': '65520-MiB',
      'GPU-2': 'Tesla-T4',
      'GPU-2-Memory': '15360-MiB',
      'GPU-5': 'NVIDIA-A100-SXM4-40GB',
      'GPU-NVIDIA': '2',
      'GPU-AMD': '1',
    })
    const table = await server.ok(['node', 'list', '--show', 'capacity', '--output', 'csv'])
    expect(table).toMatch(/^here,.*,2\.0 \/ 2\.0,953\.7 MB \/ 953\.7 MB,.*,3 \/ 3$/m)
    expect(server.said).toMatch(/gpu_tool_failed tool=xpu-smi reason=exit code 3: Error: failed to initialize/)
  })

  it('are given to one job only up to its share, and what asks for more is refused with both amounts [R146, R205]', async () => {
    expect((await run({ CPU: '1', Memory: '600Mb', GPU: '2' })).Job.State.StateType).toBe('Completed')
    for (const more of [{ CPU: '1.5' }, { Memory: '700Mb' }, { GPU: '3' }]) {
      const { State } = (await run(more)).Job
      expect([State.StateType, State.Message]).toEqual(['Failed', expect.stringMatching(/not enough nodes/)])
    }
    const own = await server.json<Node>(['agent', 'node'])
    expect(own.Info.ComputeNodeInfo.MaxJobRequirements).toMatchObject({ CPU: 1, Memory: 6e8, GPU: 2 })
    expect(own.Info.ComputeNodeInfo.AvailableCapacity).toEqual(own.Info.ComputeNodeInfo.MaxCapacity)
  })

  it('change while it runs, with its labels: what waited for them starts [R121, R206, W29]', async () => {
    const Constraints = [{ Key: 'GPU-NVIDIA', Operator: 'gt', Values: ['2'] }]
    const id = await server.submit(
      toolJob(['print', 'on a third one', '', '0'], {
        job: { Constraints },
        task: { Resources: { GPU: '1' }, Timeouts: { QueueTimeout: 120 } },
      }),
    )
    await tool('nvidia-smi', nvidia.replace('2, Tesla', '7, Tesla T4, 15360\n2, Tesla'))
    const { Job } = await ended(server.port, id)
    expect(Job.State.StateType).toBe('Completed')
    const own = await server.json<Node>(['agent', 'node'])
    expect(own.Info.Labels).toMatchObject({ 'GPU-NVIDIA': '3', 'GPU-7': 'Tesla-T4' })
    expect(own.Info.ComputeNodeInfo.MaxCapacity.GPU).toBe(4)
    await tool('nvidia-smi', nvidia)
    await until(
      'it is as before',
      async () => (await server.json<Node>(['agent', 'node'])).Info.Labels['GPU-7'] === undefined,
    )
  })

  it('are written into the settings by `config auto-resources`, which tells which tool is of no use [R206]', async () => {
    const env = { ...tools, BACALHAU_DIR: join(product.folder, 'other') }
    const { exit, stderr } = await server.run(['config', 'auto-resources', '--total-percentage', '80'], { env })
    expect(exit).toBe(0)
    expect(stderr).toContain('GPUs that xpu-smi knows are not counted: exit code 3')
    const settings = await server.json<{ Key: string; Value: string }[]>(['config', 'list'], { env })
    const valueOf = (key: string) => settings.find(({ Key }) => Key === key)?.Value
    expect(valueOf('Compute.AllocatedCapacity.GPU')).toBe('3')
    expect(valueOf('Compute.JobLimits.GPU')).toBe('3')
    expect(valueOf('Compute.AllocatedCapacity.CPU')).toMatch(/^[1-9]\d*m$/)
  })
})
