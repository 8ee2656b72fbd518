import type { Random } from '#lib/clock.ts'

/**
 * The link with a Go orchestrator, which knows of none: the one this node remembers, when it was made with that protocol,
 * else a new one. Under a new one the node lets go of all it holds.
 */
export const keptLink = (protocol: string, remembered: string | undefined, random: Random): string =>
  remembered?.startsWith(`${protocol} `) ? remembered : `${protocol} ${random.uuid()}`
