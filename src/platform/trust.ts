import { Agent, setGlobalDispatcher } from 'undici'

/** Every later `fetch` of this process trusts servers whose certificate this authority (PEM) has signed, and no others. */
export const trustServersOf = (ca: Uint8Array): void =>
  setGlobalDispatcher(new Agent({ connect: { ca: Buffer.from(ca) } }))

/** Every later `fetch` of this process takes any certificate. */
export const trustAnyServer = (): void => setGlobalDispatcher(new Agent({ connect: { rejectUnauthorized: false } }))
