import { nkeys } from '@nats-io/transport-node'

/** The secret of a new NATS user key, as such keys are written down (`SU…`). */
export const newKeySeed = (): string => new TextDecoder().decode(nkeys.createUser().getSeed())

/** `U…`. Throws when the text is no such secret. */
export const publicKeyOf = (seed: string): string => nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey()
