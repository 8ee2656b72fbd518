import { X509Certificate } from 'node:crypto'
import type { Disk } from '#contracts/disk.ts'
import { Fault } from '#lib/fault.ts'
import { pemText } from './pem-text.ts'

/**
 * Whether the file that `setting` names has a certificate in it; '' = none is named. The client would take another file for an
 * authority that has signed nothing, and try for ever: it is told at the start, by a Fault ValidationError.
 */
export async function requireAuthority(disk: Disk, setting: string, path: string): Promise<void> {
  if (path === '') return
  const hint = `${setting} names a PEM file with the certificate of an authority.`
  if (isCertificate(await pemText(disk, path, hint))) return
  throw new Fault('ValidationError', `there is no certificate in ${path}`, { component: 'Config', hint })
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
