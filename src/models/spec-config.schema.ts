import { anyMap, struct, text } from './shape.schema.ts'

export const specConfigShape = struct('models', 'SpecConfig', { Type: text, Params: anyMap })
