import { assert } from '#lib/assert.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { addResources, fitsInto, noResources, subtractResources } from '#models/resources.ts'

/** What the node may give away, and what it has given. Concrete GPUs are handed out, each to one at a time. */
export class Capacity {
  #max: Resources
  #used: Resources = noResources()
  readonly #given = new Set<Resources>()

  constructor(max: Resources) {
    this.#max = max
  }

  get max(): Resources {
    return this.#max
  }

  /** There is more or less from now on; what was given stays given. */
  resize(max: Resources): void {
    this.#max = max
  }

  get used(): Resources {
    return this.#used
  }

  get available(): Resources {
    return subtractResources(this.max, this.#used)
  }

  /** Takes the resources when they are free, GPUs among those that are wanted; the answer names them. */
  take(need: Resources, isWanted: (gpu: Gpu) => boolean = () => true): Resources | undefined {
    if (!fitsInto(addResources(this.#used, need), this.max)) return undefined
    const gpus = this.#freeGpus(isWanted, need.GPU)
    if (gpus.length < need.GPU && this.max.GPUs) return undefined
    return this.#give(need, gpus)
  }

  /** Whether it could be taken if all that was given had come back. */
  hasEver(need: Resources, isWanted: (gpu: Gpu) => boolean): boolean {
    const { GPUs } = this.max
    return fitsInto(need, this.max) && (!GPUs || GPUs.filter(isWanted).length >= need.GPU)
  }

  /**
   * What runs since before our restart holds what it was given: the same GPUs, and all of it also when the node offers
   * less by now. Where its GPUs were not noted it counts for any that are free.
   */
  hold(given: Resources, isWanted: (gpu: Gpu) => boolean = () => true): Resources {
    return this.#give(given, given.GPUs ?? this.#freeGpus(isWanted, given.GPU))
  }

  /** Exactly what `take` or `hold` answered, once. */
  giveBack(taken: Resources): void {
    assert(this.#given.delete(taken), 'what is given back was given')
    this.#used = subtractResources(this.#used, taken)
  }

  #give({ CPU, Memory, Disk, GPU }: Resources, gpus: readonly Gpu[]): Resources {
    const taken: Resources = { CPU, Memory, Disk, GPU, ...(gpus.length > 0 ? { GPUs: [...gpus] } : {}) }
    this.#given.add(taken)
    this.#used = addResources(this.#used, taken)
    return taken
  }

  #freeGpus(isWanted: (gpu: Gpu) => boolean, count: number): Gpu[] {
    return (this.available.GPUs ?? []).filter(isWanted).slice(0, count)
  }
}
