import { Fault } from '#lib/fault.ts'

type Transfer = { readonly id: string; readonly parts: Buffer[]; bytes: number }

const headBytes = 25
const transferLimitBytes = 32 * 1024 * 1024
const totalLimitBytes = 256 * 1024 * 1024

/** Bodies that come in parts, put together again: of each sender one at a time, so that none can push out another's. */
export class Transfers {
  readonly #underway = new Map<string, Transfer>()
  #totalBytes = 0

  /** The whole body when this was its last part. Broken or oversized transfers are refused with a Fault, and forgotten. */
  take(sender: string, bytes: Buffer): Buffer | undefined {
    if (bytes.length < headBytes) throw new Fault('BadRequest', 'not a message of this protocol')
    const id = bytes.toString('hex', 1, 17)
    const [index, count] = [bytes.readUInt32BE(17), bytes.readUInt32BE(21)]
    const known = this.#underway.get(sender)
    this.#forget(sender)
    const transfer = index === 0 ? { id, parts: [], bytes: 0 } : known
    if (transfer?.id !== id || transfer.parts.length !== index)
      throw new Fault('BadRequest', 'parts out of order', { isRetryable: true })
    const part = bytes.subarray(headBytes)
    transfer.parts.push(part)
    transfer.bytes += part.length
    if (transfer.bytes > transferLimitBytes) throw new Fault('PayloadTooLarge', 'the message is too large')
    if (index >= count - 1) return Buffer.concat(transfer.parts)
    this.#keep(sender, transfer)
    return undefined
  }

  /** The one that waited longest for its next part makes room: its sender begins again. */
  #keep(sender: string, transfer: Transfer): void {
    this.#underway.set(sender, transfer)
    this.#totalBytes += transfer.bytes
    for (const oldest of this.#underway.keys()) {
      if (this.#totalBytes <= totalLimitBytes) return
      this.#forget(oldest)
    }
  }

  #forget(sender: string): void {
    this.#totalBytes -= this.#underway.get(sender)?.bytes ?? 0
    this.#underway.delete(sender)
  }
}
