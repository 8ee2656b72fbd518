import { describeVectors } from '../../test/kit/vectors.ts'
import { formatBinaryBytes, formatBytes } from './sizes.ts'

describeVectors('humanize-bytes.json', (bytes: string) => ({
  Bytes: formatBytes(BigInt(bytes)),
  IBytes: formatBinaryBytes(BigInt(bytes)),
}))
