import { Life } from '../life.ts'
import type { NodeParts } from '../node-life.ts'
import { GoWork } from './go-work.ts'
import { speak14 } from './speech-1-4.ts'
import { speak19 } from './speech-1-9.ts'

/**
 * One life of a Go-like node: what a real one of that version says and does, as far as an orchestrator can tell. It has no
 * epochs, no link and no store that it names; what waited in it is forgotten when it dies.
 */
export class GoLife {
  readonly life: Life
  isUp = false
  /** Of these it is none. */
  readonly orchestrator = undefined
  readonly settledStore = undefined
  readonly #parts: NodeParts

  constructor(parts: NodeParts) {
    this.#parts = parts
    this.life = new Life(parts.machine.facts.nodeId)
  }

  async start(): Promise<void> {
    const { world, machine, network, witness } = this.#parts
    world.counts.add('go node started')
    // Its programs are children of its process.
    this.life.onEnd(() => machine.programs.killAll())
    const speak = machine.facts.generation === '1.4' ? speak14 : speak19
    const work: GoWork = new GoWork({
      world,
      life: this.life,
      machine,
      witness,
      report: (report) => speech.report(report),
    })
    const speech = speak({ world, life: this.life, machine, network, witness, work })
    work.start()
    speech.start()
  }

  /** A signal ends it at once; it says nothing. */
  async stop(): Promise<void> {}
}
