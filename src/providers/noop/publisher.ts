import type { Publisher } from '#contracts/publisher.ts'
import { type Verdict, yes } from '#contracts/verdict.ts'
import { noSpec, type SpecConfig } from '#models/spec-config.ts'

/** Publishes nowhere. Every node offers it, as the reference does. */
export class NoopPublisher implements Publisher {
  readonly type = 'noop'

  async isInstalled(): Promise<Verdict> {
    return yes
  }

  async accepts(): Promise<Verdict> {
    return yes
  }

  async publish(): Promise<SpecConfig> {
    return noSpec()
  }
}
