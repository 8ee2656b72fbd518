import { hostname } from 'node:os'
import type { Disk } from '#contracts/disk.ts'
import type { Random } from '#lib/clock.ts'
import { Fault } from '#lib/fault.ts'
import { isNodeId, type NodeId, newNodeId } from '#models/ids.ts'

/** `before`: its name under an earlier release. */
export type NameSource = { name: string; before?: string | undefined; provider: string }

/**
 * The node's name: as configured, else as kept from its first start; then the one it had before or one that the name
 * provider makes is kept.
 */
export const nodeIdentity = async (disk: Disk, file: string, source: NameSource, random: Random): Promise<NodeId> => {
  if (source.name !== '') return checked(source.name)
  const kept = await disk.readFile(file)
  if (kept) return checked(keptName(file, kept))
  const made = source.before === undefined ? await madeName(source.provider, random) : checked(source.before)
  await disk.replaceFile(file, `${JSON.stringify({ NodeID: made })}\n`, 0o600)
  return made
}

const keptName = (file: string, bytes: Uint8Array): string => {
  try {
    const { NodeID } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { NodeID: unknown }
    return String(NodeID)
  } catch (error) {
    throw new Fault('ServiceUnavailable', `cannot read the node's name from ${file}`, {
      cause: error,
      hint: 'Restore the file, or remove it to let the node get a new name.',
    })
  }
}

const madeName = async (provider: string, random: Random): Promise<NodeId> => {
  switch (provider) {
    case 'hostname':
      return checked(hostname().replaceAll('.', '-'))
    case 'uuid':
      return checked(random.uuid())
    case 'puuid':
      return newNodeId(random.uuid())
    default:
      throw new Fault('ValidationError', `name provider "${provider}" is not available here`, {
        hint: 'Use puuid, uuid or hostname, or give the node a Name.',
      })
  }
}

const checked = (name: string): NodeId => {
  if (isNodeId(name)) return name
  throw new Fault('ValidationError', `"${name}" cannot be a node name`, {
    hint: 'A name has no blanks and none of the characters . * >',
  })
}
