import { describeVectors } from '../../test/kit/vectors.ts'
import { addResources, fitsInto, type Resources, subtractResources } from './resources.ts'

type Texts = { CPU: number; Memory: string; Disk: string; GPU: string }
type Recorded = { add: Texts; sub: Texts; lessThanEq: boolean }

const numbersOf = ({ CPU, Memory, Disk, GPU }: Texts): Resources => ({
  CPU,
  Memory: Number(Memory),
  Disk: Number(Disk),
  GPU: Number(GPU),
})

/** Ours rounds cores to a millionth. */
const isSame = (ours: Resources, theirs: Resources): boolean =>
  Math.abs(ours.CPU - theirs.CPU) < 1e-6 &&
  ours.Memory === theirs.Memory &&
  ours.Disk === theirs.Disk &&
  ours.GPU === theirs.GPU

/** The reference goes below zero in cores and around in the rest; ours stops at nothing. */
const stopped = ({ CPU, Memory, Disk, GPU }: Resources): Resources => {
  const stop = (amount: number) => (amount >= 2 ** 63 ? 0 : amount)
  return { CPU: Math.max(0, CPU), Memory: stop(Memory), Disk: stop(Disk), GPU: stop(GPU) }
}

describeVectors(
  'resources-arith.json',
  ({ a, b }: { a: Texts; b: Texts }) => {
    const [left, right] = [numbersOf(a), numbersOf(b)]
    return { add: addResources(left, right), sub: subtractResources(left, right), lessThanEq: fitsInto(left, right) }
  },
  {
    isSame: (actual, expected) => {
      const ours = actual as { add: Resources; sub: Resources; lessThanEq: boolean }
      const theirs = expected as Recorded
      return (
        isSame(ours.add, numbersOf(theirs.add)) &&
        isSame(ours.sub, stopped(numbersOf(theirs.sub))) &&
        ours.lessThanEq === theirs.lessThanEq
      )
    },
  },
)
