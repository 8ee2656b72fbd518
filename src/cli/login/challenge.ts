import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { Fault, messageOf } from '#lib/fault.ts'
import type { Host } from '../host.ts'

/** Signs what the server asks for with this user's own key, which is made when it is first needed. */
export async function answerChallenge(
  params: Record<string, unknown>,
  dataDir: string,
  host: Host,
): Promise<{ PhraseSignature: string; PublicKey: string }> {
  const phrase = Buffer.from(String(params['InputPhrase'] ?? ''), 'base64')
  if (phrase.length === 0) throw new Error('unexpected challenge input')
  const key = await userKey(dataDir, host)
  return {
    PhraseSignature: sign('sha256', phrase, key).toString('base64'),
    PublicKey: createPublicKey(key).export({ type: 'pkcs1', format: 'der' }).toString('base64'),
  }
}

async function userKey(dataDir: string, { disk }: Host): Promise<KeyObject> {
  const path = `${dataDir}/user_id.pem`
  const kept = await disk.readFile(path)
  if (!kept) {
    const made = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
    await disk.makeDirectory(dataDir)
    await disk.replaceFile(path, made.export({ type: 'pkcs1', format: 'pem' }), 0o600)
    return made
  }
  try {
    return createPrivateKey(Buffer.from(kept))
  } catch (error) {
    throw new Fault('ValidationError', `cannot read the key of this user from ${path}: ${messageOf(error)}`, {
      hint: 'Restore the file, or remove it to get another identity.',
      cause: error,
    })
  }
}
