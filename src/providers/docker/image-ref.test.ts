import { describeVectors } from '../../../test/kit/vectors.ts'
import { parseImageRef } from './image-ref.ts'

describeVectors('docker-image-ref.json', (text) => parseImageRef(text))
