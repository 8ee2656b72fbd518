import type { PackFolder, WriteArchive } from '#contracts/archive.ts'
import type { Provider } from '#contracts/provider.ts'
import type { UploadAddress } from '#contracts/publisher.ts'
import { S3Clients, type S3ClientsDeps } from './clients.ts'
import { ManagedPublisher } from './managed-publisher.ts'
import { S3Publisher } from './publisher.ts'
import type { S3Settings } from './settings.ts'
import { S3Storage, type S3StorageDeps } from './storage.ts'

export type S3Deps = S3ClientsDeps &
  S3StorageDeps & {
    pack: PackFolder
    write: WriteArchive
    /** Absent = there is no orchestrator that could keep a store. */
    uploadAddress?: UploadAddress
  }

/** Inputs from S3 and results to it, and to stores that speak its protocol. */
export function s3Provider(settings: S3Settings, deps: S3Deps): Provider {
  const clients = new S3Clients(settings, deps)
  const { write, uploadAddress } = deps
  const managed = uploadAddress ? [new ManagedPublisher({ write, uploadAddress })] : []
  return {
    storages: [new S3Storage(settings, clients, deps)],
    publishers: [new S3Publisher(clients, deps), ...managed],
    parts: [clients, ...managed],
  }
}
