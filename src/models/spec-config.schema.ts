import { field } from './outline.ts'
import { anyMap, struct, text } from './shape.schema.ts'

export const specConfigShape = struct('models', 'SpecConfig', {
  Type: field(text, 'Name of the engine, storage or publisher, without regard to case; empty = none.'),
  Params: field(anyMap, 'Parameters; which ones depends on the type.', { isLeftOut: true }),
})
