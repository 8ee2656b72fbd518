import { assert } from '#lib/assert.ts'
import type { Gpu, Resources } from '#models/resources.ts'
import { addResources, fitsInto, noResources, subtractResources } from '#models/resources.ts'

/** What the node may give away, and what it has given. Concrete GPUs are handed out by index. */
export class Capacity {
  readonly max: Resources
  #used: Resources = noResources()
  #freeGpus: Gpu[]

  constructor(max: Resources) {
    this.max = max
    this.#freeGpus = [...(max.GPUs ?? [])]
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
    const gpus = this.#freeGpus.filter(isWanted).slice(0, need.GPU)
    if (gpus.length < need.GPU && this.max.GPUs) return undefined
    this.#freeGpus = this.#freeGpus.filter((gpu) => !gpus.includes(gpu))
    const taken: Resources = { ...need, ...(gpus.length > 0 ? { GPUs: gpus } : {}) }
    this.#used = addResources(this.#used, withoutGpus(taken))
    return taken
  }

  /** Exactly what `take` answered, once. */
  giveBack(taken: Resources): void {
    assert(fitsInto(taken, this.#used), 'more is given back than was taken')
    this.#used = subtractResources(this.#used, withoutGpus(taken))
    this.#freeGpus.push(...(taken.GPUs ?? []))
  }
}

const withoutGpus = ({ CPU, Memory, Disk, GPU }: Resources): Resources => ({ CPU, Memory, Disk, GPU })
