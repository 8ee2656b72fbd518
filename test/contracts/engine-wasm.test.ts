import { wasmProductCommand } from '../kit/wasm-command.ts'
import { preparedModules, WasmEngineKit, wasmProgram, wasmTool } from '../kit/wasm-engine.ts'
import { type EngineFixture, type EnginePrograms, engineSuite } from './engine.suite.ts'

const programs: EnginePrograms = {
  prints: (stdout, stderr, exitCode) => wasmTool('print', stdout, stderr, String(exitCode)),
  endless: wasmProgram('loop'),
  deaf: wasmProgram('loop'),
  floods: (sizeBytes) => wasmTool('flood', String(sizeBytes), '10000'),
  cat: (path) => wasmTool('cat', path),
  writes: (path, text) => wasmTool('write', path, text),
  printsVariable: (name) => wasmTool('variable', name),
  printsOwnVariable: (name, value) =>
    wasmProgram('tool', { Parameters: ['variable', name], EnvironmentVariables: { [name]: value } }),
  eatsMemory: wasmTool('eat'),
  unstartable: wasmProgram('hello', { EntryPoint: 'nope' }),
  malformed: { Type: 'wasm', Params: {} },
}

const fixture = (newKit: () => WasmEngineKit) => async (): Promise<EngineFixture> => {
  const kits: WasmEngineKit[] = []
  const open = () => {
    const kit = newKit()
    kits.push(kit)
    return kit.engine
  }
  return {
    open,
    programs,
    isSurviving: false,
    engineInputs: (program) => {
      try {
        return preparedModules(kits[0]?.engine ?? open(), program)
      } catch {
        return []
      }
    },
    leftOver: async () => kits.reduce((sum, { pool }) => sum + pool.working, 0),
    close: async () => {
      for (const kit of kits) await kit.close()
    },
  }
}

engineSuite(
  'wasm, pooled',
  fixture(() => new WasmEngineKit()),
)
engineSuite(
  'wasm, a process each',
  fixture(() => new WasmEngineKit({ isolation: 'process' }, wasmProductCommand)),
)
