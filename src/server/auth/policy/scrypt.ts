import { scrypt, scryptSync } from 'node:crypto'
import { promisify } from 'node:util'

// The numbers of the policies that are shipped.
const keyBytes = 32
const cost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

/** The hash of a password in base64, as its salt is. */
export const hashed = async (password: string, salt: string): Promise<string> =>
  (await derive(password, Buffer.from(salt, 'base64'), keyBytes, cost)).toString('base64')

/** The same for who cannot wait: a policy is evaluated in one go. */
export const hashedNow = (password: string, salt: string): string =>
  scryptSync(password, Buffer.from(salt, 'base64'), keyBytes, cost).toString('base64')
