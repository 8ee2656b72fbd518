import type { Random } from '#lib/clock.ts'

/** The caller's own id when it is presentable, else 32 characters of ours. */
export function requestIdOf(given: string | string[] | undefined, random: Random): string {
  const [id] = Array.isArray(given) ? given : [given]
  return id !== undefined && /^[\x21-\x7e]{1,128}$/.test(id) ? id : random.uuid().replaceAll('-', '')
}
