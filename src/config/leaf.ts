import { parseCapacity } from '#lib/capacity.ts'
import { messageOf } from '#lib/fault.ts'
import { natsUrlsProblem } from '#lib/nats-url.ts'
import { parseResources, type ResourceNumbers } from '#lib/resources.ts'

/** What a setting may hold. Values come as text (environment, flags, `-c`) or as YAML. */
export type Kind = 'text' | 'boolean' | 'integer' | 'unsigned' | 'duration' | 'list' | 'map' | 'data'

export type LeafOptions<Value> = {
  /** Variables that set it, beyond `BACALHAU_` + the key with `_`. */
  env?: readonly string[]
  /** Shown as `********` wherever settings are printed. */
  isSecret?: true
  /** Addresses, in which a login may stand before `@`: never shown. */
  holdsLogin?: true
  /** The only words allowed; taken without case. */
  choices?: readonly string[]
  /** What is said of another word, where clients know a sentence for it. */
  refusal?: (given: string, choices: readonly string[]) => string
  /** What is wrong with a value of the right kind, or nothing. */
  problem?: (value: Value) => string | undefined
  /** What a right value looks like, for who gave a wrong one. */
  hint?: string
}

/** One setting as data: help, documentation, environment names and checks are made from it. */
export type Leaf<Value> = LeafOptions<Value> & {
  readonly kind: Kind
  readonly fallback: Value
  /** One sentence for people. */
  readonly about: string
}

/** Sections and settings; a name is the wire's spelling of the key. */
export type Tree = { readonly [name: string]: Tree | Leaf<any> }

/** The values of a tree: what the rest of the program sees of the configuration. */
export type Values<Of> = {
  readonly [Name in keyof Of]: Of[Name] extends Leaf<infer Value> ? Value : Values<Of[Name]>
}

export const isLeaf = (node: Tree | Leaf<any>): node is Leaf<any> => typeof (node as Leaf<any>).kind === 'string'

const leaf =
  <Value>(kind: Kind) =>
  (fallback: Value, about: string, options: LeafOptions<Value> = {}): Leaf<Value> => ({
    kind,
    fallback,
    about,
    ...options,
  })

export const text = leaf<string>('text')
export const boolean = leaf<boolean>('boolean')
export const integer = leaf<number>('integer')
/** A number that is not negative. */
export const unsigned = leaf<number>('unsigned')
/** Nanoseconds; written in Go's text form (`1h30m`). */
export const duration = leaf<bigint>('duration')
export const list = leaf<readonly string[]>('list')
export const map = leaf<Readonly<Record<string, string>>>('map')
/** Structured YAML that its user checks; given as text it is YAML or JSON on one line. */
export const data = <Value>(fallback: Value, about: string, options: LeafOptions<Value> = {}): Leaf<Value> =>
  leaf<Value>('data')(fallback, about, options)

/** How long something is kept. */
export const age = (about: string, fallback = 0n): Leaf<bigint> =>
  duration(fallback, about, { problem: (value) => (value >= 0n ? undefined : 'an age is not negative') })

/** A secret: never printed. */
export const secret = (about: string): Leaf<string> => text('', about, { isSecret: true })

/** A TCP port; 0 = any free one. */
export const port = (fallback: number, about: string, env: readonly string[] = []): Leaf<number> =>
  integer(fallback, about, {
    env,
    problem: (value) => (value >= 0 && value <= 65535 ? undefined : 'a port is a number from 0 to 65535'),
  })

/** Addresses of the NATS servers of one cluster. */
export const natsServers = (fallback: readonly string[], about: string): Leaf<readonly string[]> =>
  list(fallback, about, { problem: natsUrlsProblem, holdsLogin: true })

type Dimension = keyof ResourceNumbers
const nothing = { CPU: 0, Memory: 0, Disk: 0, GPU: 0 }

/** An amount of CPU, memory, disk or GPUs, or a share of what the machine has (`80%`). */
export const capacity = (dimension: Dimension, fallback: string, about: string): Leaf<string> =>
  text(fallback, about, {
    problem: (value) => refusalOf(() => parseCapacity({ ...zeroTexts, [dimension]: value }, nothing), dimension),
    hint: `Write an amount, such as ${examples[dimension]}, or a share, such as 80%`,
  })

/** A size that is not nothing. */
export const size = (fallback: string, about: string): Leaf<string> =>
  text(fallback, about, {
    problem: (value) => refusalOf(() => parseResources({ Disk: value }), 'Disk', { isNeeded: true }),
    hint: 'Write a size, such as 100MB',
  })

/** An amount of CPU, memory, disk or GPUs; '' = none. */
export const amount = (dimension: Dimension, fallback: string, about: string): Leaf<string> =>
  text(fallback, about, {
    problem: (value) => refusalOf(() => parseResources({ [dimension]: value }), dimension),
    hint: `Write an amount, such as ${examples[dimension]}`,
  })

const examples = { CPU: '500m', Memory: '16GiB', Disk: '100GB', GPU: '2' }
const zeroTexts = { CPU: '0', Memory: '0', Disk: '0', GPU: '0' }

function refusalOf(read: () => ResourceNumbers, dimension: Dimension, { isNeeded = false } = {}): string | undefined {
  try {
    const amount = read()[dimension]
    if (amount < 0) return 'an amount is not negative'
    return isNeeded && amount === 0 ? 'more than 0 bytes are needed' : undefined
  } catch (error) {
    return messageOf(error)
  }
}

export const second = 1_000_000_000n
export const minute = 60n * second
export const hour = 60n * minute
