import type { PackFolder } from '#contracts/archive.ts'
import type { Provider } from '#contracts/provider.ts'
import { S3Clients, type S3ClientsDeps } from './clients.ts'
import { S3Publisher } from './publisher.ts'
import type { S3Settings } from './settings.ts'
import { S3Storage, type S3StorageDeps } from './storage.ts'

export type S3Deps = S3ClientsDeps & S3StorageDeps & { pack: PackFolder }

/** Inputs from S3 and results to it, and to stores that speak its protocol. */
export function s3Provider(settings: S3Settings, deps: S3Deps): Provider {
  const clients = new S3Clients(settings, deps)
  return {
    storages: [new S3Storage(settings, clients, deps)],
    publishers: [new S3Publisher(clients, deps)],
    parts: [clients],
  }
}
