import { NoopEngine } from '#providers/noop/engine.ts'
import { NoopPublisher } from '#providers/noop/publisher.ts'
import { NoopStorage } from '#providers/noop/storage.ts'
import { engineSuite } from './engine.suite.ts'
import { publisherSuite } from './publisher.suite.ts'
import { storageSuite } from './storage.suite.ts'

const noop = (Params: Record<string, unknown>) => ({ Type: 'noop', Params })

engineSuite('noop', async () => ({
  open: () => new NoopEngine(),
  programs: {
    prints: (Stdout, Stderr, ExitCode) => noop({ Stdout, Stderr, ExitCode }),
    endless: noop({ stdout: 'started', isEndless: true }),
    floods: (sizeBytes) => noop({ Stdout: 'x'.repeat(sizeBytes) }),
    malformed: noop({ ExitCode: 'many' }),
  },
  isSurviving: false,
  leftOver: async () => 0,
  close: async () => {},
}))

storageSuite('noop', async () => ({
  storage: new NoopStorage(),
  good: { Type: 'noop' },
  malformed: { Type: 'something' },
  close: async () => {},
}))

publisherSuite('noop', async () => ({ publisher: new NoopPublisher(), spec: { Type: 'noop' }, close: async () => {} }))
