import type { Cluster } from './cluster.ts'

/** What became of a use: it passed, unless it says what the client showed instead, or why it was not tried. */
export type Verdict = { use: string; failure?: string; leftOut?: string }

/** Where a client is judged, and who hears of it. */
export type Bench = { cluster: Cluster; signal: AbortSignal; tell(verdict: Verdict): void }

/** A real client that can be judged. */
export type Client = { name: string; judge(bench: Bench): Promise<Verdict[]> }

/** A client, the commit of the server it used, and what became of each use. */
export type Judged = { client: string; commit: string; verdicts: readonly Verdict[] }

/** One way in which a client is used; `run` throws when what it shows is not what its user must see. */
export type Use<User> = { name: string; run(user: User): Promise<void> }

export const hasFailed = ({ failure }: Verdict): boolean => failure !== undefined

/** Tries each use in turn: a failing one does not keep the next from being tried. */
export async function judgeUses<User>(user: User, uses: readonly Use<User>[], bench: Bench): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const { name, run } of uses) {
    bench.signal.throwIfAborted()
    const verdict = await run(user).then(
      (): Verdict => ({ use: name }),
      (error: unknown): Verdict => ({ use: name, failure: error instanceof Error ? error.message : String(error) }),
    )
    verdicts.push(verdict)
    bench.tell(verdict)
  }
  return verdicts
}
