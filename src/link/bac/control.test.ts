import { expect, it } from 'vitest'
import type { NodeId } from '#models/ids.ts'
import { readControl } from './control.ts'

const offerOf = (Body: object) => () =>
  readControl({ Kind: 'TakeResult', Body: { ExecutionID: 'e-1', SizeBytes: 7, ...Body } }, 'n-1' as NodeId)

it('a result is offered by the digest of its chunk list; as an earlier release offers it, it waits on its node', () => {
  const ChunkListID = 'a'.repeat(64)
  expect(offerOf({ ChunkListID })()).toEqual({
    Kind: 'TakeResult',
    Body: { ExecutionID: 'e-1', SizeBytes: 7, ChunkListID },
  })
  const hint = 'Bring the node and its orchestrator to the same release.'
  expect(offerOf({ SHA256: ChunkListID })).toThrow(
    expect.objectContaining({ code: 'ServiceUnavailable', isRetryable: true, hint }),
  )
  expect(offerOf({ ChunkListID: '../x' })).toThrow(expect.objectContaining({ code: 'BadRequest', isRetryable: false }))
})
