import type { Engine } from '#contracts/engine.ts'
import type { Publisher } from '#contracts/publisher.ts'
import type { Storage } from '#contracts/storage.ts'
import { no, type Verdict } from '#contracts/verdict.ts'
import type { Clock } from '#lib/clock.ts'
import { messageOf } from '#lib/fault.ts'
import { typeKey } from '#models/spec-config.ts'

export type Installable = { isInstalled(signal: AbortSignal): Promise<Verdict> }

const askLimitMs = 10_000

/** Components of one kind by type, with what is known of whether they work here; Availability keeps that true. */
export class Registry<Component extends Installable> {
  readonly #byKey = new Map<string, Component>()
  readonly #names: string[] = []
  readonly #types = new Map<Component, string>()
  readonly #verdicts = new Map<Component, Promise<Verdict>>()
  readonly #known = new Map<Component, Verdict>()
  readonly #underWay = new Set<{ component: Component; stop: AbortController }>()
  readonly #clock: Clock
  /** Called after an answer that differs from the one before, whoever asked. */
  onChange?(component: Component, verdict: Verdict): void

  constructor(clock: Clock, components: readonly Component[], typesOf: (component: Component) => readonly string[]) {
    this.#clock = clock
    for (const component of components) {
      for (const type of typesOf(component)) this.#byKey.set(typeKey(type), component)
      const first = typesOf(component)[0]
      if (first) this.#names.push(typeKey(first))
      this.#types.set(component, first ?? '')
    }
  }

  get(type: string): Component | undefined {
    return this.#byKey.get(typeKey(type))
  }

  get all(): Component[] {
    return [...new Set(this.#byKey.values())]
  }

  has(component: Component): boolean {
    return this.#types.has(component)
  }

  /** The type it is reported under. */
  typeOf(component: Component): string {
    return this.#types.get(component) ?? ''
  }

  /** Whether the component works here, as known. */
  verdict(component: Component): Promise<Verdict> {
    return this.#verdicts.get(component) ?? this.ask(component)
  }

  /** Asks the component now. */
  async ask(component: Component): Promise<Verdict> {
    const asked = this.#ask(component)
    if (!this.#verdicts.has(component)) this.#verdicts.set(component, asked)
    const verdict = await asked
    const before = this.#known.get(component)
    this.#verdicts.set(component, asked)
    this.#known.set(component, verdict)
    if (!verdict.isYes) this.#stopAsking(component, verdict.reason)
    if (before && reasonOf(before) !== reasonOf(verdict)) this.onChange?.(component, verdict)
    return verdict
  }

  /** Asks something of a component until it is found not to work, or `signal` is aborted: one that hangs would keep who asks waiting. */
  async whileItWorks<Answer>(
    component: Component,
    ask: (limit: AbortSignal) => Promise<Answer>,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const stop = new AbortController()
    const asked = { component, stop }
    const onAbort = () => stop.abort(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#underWay.add(asked)
    try {
      signal?.throwIfAborted()
      return await ask(stop.signal)
    } finally {
      this.#underWay.delete(asked)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #stopAsking(gone: Component, reason: string): void {
    for (const { component, stop } of this.#underWay) if (component === gone) stop.abort(new Error(reason))
  }

  /** Lower-case types of what works here, in a fixed order. */
  async installed(): Promise<string[]> {
    const verdicts = await this.#all()
    return verdicts.filter(([, { isYes }]) => isYes).map(([name]) => name)
  }

  /** Why the others do not, by type. */
  async unavailable(): Promise<Record<string, string>> {
    const verdicts = await this.#all()
    return Object.fromEntries(verdicts.flatMap(([name, verdict]) => (verdict.isYes ? [] : [[name, verdict.reason]])))
  }

  #all(): Promise<[name: string, Verdict][]> {
    const names = this.#names.toSorted()
    return Promise.all(names.map(async (name) => [name, await this.verdict(this.#byKey.get(name) as Component)]))
  }

  async #ask(component: Component): Promise<Verdict> {
    const limit = new AbortController()
    const giveUp = () => limit.abort(new Error(`no answer within ${askLimitMs / 1000} s`))
    const timer = this.#clock.after(askLimitMs, giveUp)
    try {
      return await component.isInstalled(limit.signal)
    } catch (error) {
      return no(messageOf(error))
    } finally {
      timer.stop()
    }
  }
}

const reasonOf = (verdict: Verdict): string | undefined => (verdict.isYes ? undefined : verdict.reason)

export type Registries = {
  engines: Registry<Engine>
  storages: Registry<Storage>
  publishers: Registry<Publisher>
}

/** The sentence that says what there is instead, and why the component does not work if it is there. */
export const unsupported = (kind: string, type: string, offered: readonly string[], why?: string): Verdict =>
  no(`this node does not support ${kind} "${type}", only ${offered.join(', ') || 'none'}${why ? ` (${why})` : ''}`)
