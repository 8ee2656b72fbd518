import { open } from 'node:fs/promises'

const pieceBytes = 1024 * 1024

/** Whether two files hold the same, however large they are. */
export async function haveSameBytes(one: string, other: string): Promise<boolean> {
  await using a = await open(one)
  await using b = await open(other)
  if ((await a.stat()).size !== (await b.stat()).size) return false
  const pieces = [Buffer.allocUnsafe(pieceBytes), Buffer.allocUnsafe(pieceBytes)] as const
  for (;;) {
    const [first, second] = await Promise.all([a.read(pieces[0]), b.read(pieces[1])])
    if (first.bytesRead !== second.bytesRead) return false
    if (first.bytesRead === 0) return true
    const length = first.bytesRead
    if (!pieces[0].subarray(0, length).equals(pieces[1].subarray(0, length))) return false
  }
}
