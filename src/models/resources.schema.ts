import { amount, field, listOf, numberUpTo, oneOf, record } from './outline.ts'
import { int, text, uint64 } from './shape.schema.ts'

const leftOut = { isLeftOut: true } as const

/** What a node has, or an execution was given. */
export const resourcesOutline = record('Resources', {
  CPU: field(amount, 'Cores.', leftOut),
  Memory: field(uint64, 'Bytes.', leftOut),
  Disk: field(uint64, 'Bytes.', leftOut),
  GPU: field(uint64, 'Number of devices.', leftOut),
  GPUs: field(
    listOf(
      record('GPU', {
        Index: field(int, 'Number of the device on its node.'),
        Name: field(text, 'Model.'),
        Vendor: field(oneOf(['NVIDIA', 'AMD/ATI', 'Intel']), 'Maker.'),
        Memory: field(numberUpTo(2 ** 32), 'Mebibytes.'),
        PCIAddress: field(text, 'Address on the bus; may be empty.'),
      }),
    ),
    'The devices themselves.',
    leftOut,
  ),
})
