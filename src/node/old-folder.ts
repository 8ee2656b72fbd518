import type { Disk } from '#contracts/disk.ts'
import { Fault, messageOf } from '#lib/fault.ts'
import { readSettings, type YamlMap } from '#lib/yaml/read-settings.ts'

/** Who a node was under release 1.9; nothing where none was. */
export type OldIdentity = { readonly nodeName: string | undefined; readonly instanceId: string | undefined }

/**
 * Takes over who the node of an earlier release was, so that it is the same to the others. Release 1.9 keeps that in
 * `system_metadata.yaml`; 1.4 has it among its settings. Its files are read, and never changed.
 */
export async function oldIdentity(disk: Disk, dataDir: string): Promise<OldIdentity> {
  const path = `${dataDir}/system_metadata.yaml`
  const kept = metadata(path, (await disk.readFile(path)) ?? '')
  const text = (name: string): string | undefined => {
    const value = Object.entries(kept).find(([key]) => key.toLowerCase() === name)?.[1]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  return { nodeName: text('nodename'), instanceId: text('instanceid') }
}

function metadata(path: string, bytes: Uint8Array | string): YamlMap {
  try {
    return readSettings(bytes)
  } catch (error) {
    throw new Fault('ValidationError', `cannot read ${path}: ${messageOf(error)}`, {
      component: 'Node',
      hint: 'An earlier release wrote it; move it away to start as a new node.',
      cause: error,
    })
  }
}
