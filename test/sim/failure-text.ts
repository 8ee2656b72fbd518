import type { Outcome } from './simulation.ts'

/** What a failing seed says: the invariant, where it broke, how to see it again, and what came just before. */
export const failureText = ({ seed, violation, tail }: Outcome): string =>
  [
    `${violation?.invariant} broken at event ${violation?.event}: ${violation?.text}`,
    `replay: npm run sim -- --seed ${seed}`,
    ...tail,
  ].join('\n')
