import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { Store } from '#contracts/store.ts'

const keyFact = 'orchestrator-key'

/** The orchestrator's public key (DER, base64), which jobs name in their Meta; its pair is made once and kept. */
export const orchestratorKey = async (store: Store): Promise<string> => {
  const pem = (await store.fact(keyFact)) ?? (await madeKey(store))
  return createPublicKey(pem).export({ type: 'spki', format: 'der' }).toString('base64')
}

const madeKey = async (store: Store): Promise<string> => {
  const made = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const outcome = await store.commit({ putFacts: { [keyFact]: made } })
  if (outcome.kind === 'applied') await outcome.durable
  return made
}
