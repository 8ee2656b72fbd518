import type { Disk } from '#contracts/disk.ts'
import { Fault, messageOf } from '#lib/fault.ts'

/** What is in a file that a setting names; `hint` says which. A Fault ValidationError when it cannot be read. */
export async function pemText(disk: Disk, path: string, hint: string): Promise<string> {
  const because = { component: 'Config', hint }
  const bytes = await disk.readFile(path).catch((error: unknown) => {
    throw new Fault('ValidationError', `cannot read ${path} for TLS: ${messageOf(error)}`, because)
  })
  if (bytes) return Buffer.from(bytes).toString('utf8')
  throw new Fault('ValidationError', `there is no file ${path} for TLS`, because)
}
