import { describe, expect, it } from 'vitest'
import type { OrchestratorEnd } from '#contracts/node-link.ts'
import type { NodeInfo } from '#models/node.ts'
import { partOf } from '../../test/kit/part-of.ts'
import { ToldInfo } from './told-info.ts'

describe('ToldInfo', () => {
  it('tells also what changes back while its change is on the way', async () => {
    const heard: (string[] | undefined)[] = []
    const arrived = Promise.withResolvers<void>()
    const updateInfo = async ({ ComputeNodeInfo }: NodeInfo) => {
      heard.push(ComputeNodeInfo?.ExecutionEngines)
      await arrived.promise
      return { IsKnown: true }
    }
    let engines = ['docker']
    const info = async () => ({ ComputeNodeInfo: { ExecutionEngines: engines } }) as NodeInfo
    const told = new ToldInfo({ orchestrator: partOf<OrchestratorEnd>({ updateInfo }), info })
    told.told(await info())
    engines = []
    const gone = told.tellChange()
    await new Promise((resolve) => setImmediate(resolve))
    engines = ['docker']
    const back = told.tellChange()
    arrived.resolve()
    await Promise.all([gone, back])
    expect(heard).toEqual([[], ['docker']])
  })

  it('goes on telling after it could not find out once what to tell', async () => {
    const heard: string[] = []
    const updateInfo = async ({ NodeID }: NodeInfo) => {
      heard.push(NodeID)
      return { IsKnown: true }
    }
    let isBroken = true
    const info = async () => {
      if (isBroken) throw new Error('the disk is away')
      return { NodeID: 'n-1' } as NodeInfo
    }
    const told = new ToldInfo({ orchestrator: partOf<OrchestratorEnd>({ updateInfo }), info })
    await told.tellChange()
    expect([told.isUntold, heard]).toEqual([true, []])
    isBroken = false
    await told.tellChange()
    expect([told.isUntold, heard]).toEqual([false, ['n-1']])
  })
})
