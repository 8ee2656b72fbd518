import { createCipheriv } from 'node:crypto'

/** Bytes that look random and are the same in every run, so that they are always cut into the same chunks. */
export const seededBytes = (length: number, seed = 0): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(length))
