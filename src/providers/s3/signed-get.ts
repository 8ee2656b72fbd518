import { createHmac, hash } from 'node:crypto'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Clock } from '#lib/clock.ts'
import { escaped } from './escaped.ts'
import type { SignedRequest } from './object-getter.ts'

export type SignedGetParts = {
  client: S3Client
  /** URL of the store. */
  endpoint: string
  clock: Clock
}

const noContent = hash('sha256', '')

/** Signs questions for objects by their path on the endpoint, with the credentials, region and clock of the AWS client. */
export function signedGet({ client, endpoint, clock }: SignedGetParts): (path: string) => Promise<SignedRequest> {
  const { origin, host, pathname } = new URL(endpoint)
  const base = pathname.replace(/\/$/, '')
  let signingKey: { for: string; bytes: Buffer } = { for: '', bytes: Buffer.alloc(0) }

  const keyOf = (secret: string, day: string, region: string): Buffer => {
    const scope = `${secret} ${day} ${region}`
    if (signingKey.for !== scope) {
      const steps = [day, region, 's3', 'aws4_request']
      signingKey = { for: scope, bytes: steps.reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`)) }
    }
    return signingKey.bytes
  }

  const signed = async (path: string): Promise<Record<string, string>> => {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials()
    if (!accessKeyId) return {}
    const region = await client.config.region()
    const time = new Date(clock.nowMs() + client.config.systemClockOffset).toISOString().replace(/[-:]|\.\d+/g, '')
    const scope = `${time.slice(0, 8)}/${region}/s3/aws4_request`
    const headers = {
      host,
      'x-amz-content-sha256': noContent,
      'x-amz-date': time,
      ...(sessionToken ? { 'x-amz-security-token': sessionToken } : {}),
    }
    const names = Object.keys(headers).join(';')
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`)
    const request = `GET\n${path}\n\n${lines.join('')}\n${names}\n${noContent}`
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', request)}`
    const signature = hmac(keyOf(secretAccessKey, time.slice(0, 8), region), text).toString('hex')
    const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
    return { ...headers, authorization }
  }

  return async (path) => {
    const whole = base + path
    return { origin, path: whole, headers: await signed(whole) }
  }
}

/** A key as S3 reads it in a path. */
export const objectUrlPath = (bucket: string, key: string): string =>
  `/${bucket}/${key.split('/').map(escaped).join('/')}`

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
