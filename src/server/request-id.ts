import type { Random } from '#lib/clock.ts'

/** Gives requests an id: the caller's own when it is presentable, else 32 characters, distinct also across restarts. */
export function requestIds(random: Random): (given: string | string[] | undefined) => string {
  const start = random.uuid().replaceAll('-', '').slice(0, 20)
  let count = 0
  return (given) => {
    if (typeof given === 'string' && /^[\x21-\x7e]{1,128}$/.test(given)) return given
    return start + (++count).toString(36).padStart(12, '0')
  }
}
