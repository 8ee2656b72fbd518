import { Fault } from '#lib/fault.ts'
import { numberOfJson } from '#lib/json/raw-number.ts'
import type { SpecConfig } from '#models/spec-config.ts'
import type { S3Object } from './listing.ts'

/** An object of a plain result with an address that whoever has it may fetch it by. */
export type SignedObject = S3Object & { address: string }

/** As the parameter `Objects` of a result of type `s3`, beside those that say where it lies. */
export const objectsParam = (objects: readonly SignedObject[]): Record<string, unknown>[] =>
  objects.map(({ key, sizeBytes, etag, address }) => ({
    Key: key,
    SizeBytes: sizeBytes,
    ETag: etag,
    PreSignedURL: address,
  }))

/** Undefined = nobody has signed anything. Throws a Fault for what is not of that form. */
export function signedObjects({ Params }: SpecConfig): SignedObject[] | undefined {
  const given = Params?.Objects
  return Array.isArray(given) ? given.map(signedObject) : undefined
}

function signedObject(value: unknown): SignedObject {
  const { Key, SizeBytes, ETag, PreSignedURL } = (value ?? {}) as Record<string, unknown>
  const sizeBytes = Number(numberOfJson(SizeBytes))
  const isSound = typeof Key === 'string' && typeof ETag === 'string' && Number.isSafeInteger(sizeBytes)
  if (isSound && typeof PreSignedURL === 'string' && URL.canParse(PreSignedURL)) {
    return { key: Key, sizeBytes, etag: ETag, address: PreSignedURL }
  }
  throw new Fault('ValidationError', 'the result has a signed object that is not one')
}
