import type { OutputMount } from '#contracts/engine.ts'
import type { PreparedInput } from '#contracts/storage.ts'
import { Fault } from '#lib/fault.ts'
import type { Mount } from './protocol/run-order.ts'

/**
 * Where the program finds its inputs and outputs. An output stands at its Path and also at `/<Name>`, where the
 * reference puts it; of these two, one that is taken by something else is left out (X4).
 */
export function mountsOf(inputs: readonly PreparedInput[], outputs: readonly OutputMount[]): Mount[] {
  const mounts = new Map<string, Mount>()
  const isFree = (guestPath: string): boolean => !mounts.has(guestPath)
  const add = (mount: Mount): void => {
    if (!isFree(mount.guestPath)) throw refuse(`a filesystem with prefix "${mount.guestPath}" is already mounted`)
    mounts.set(mount.guestPath, mount)
  }
  for (const { guestPath, hostPath, isReadOnly } of inputs) {
    add({ guestPath: cleanPath(guestPath), hostPath, isReadOnly })
  }
  for (const { resultPath, hostPath } of outputs) {
    const places = new Set([cleanPath(resultPath.Path), cleanPath(resultPath.Name)])
    const free = [...places].filter(isFree)
    if (free.length === 0) throw refuse(`a filesystem with prefix "${resultPath.Path}" is already mounted`)
    for (const guestPath of free) add({ guestPath, hostPath, isReadOnly: false, isOutput: true })
  }
  return [...mounts.values()]
}

/** An absolute path without empty parts and dots. */
export function cleanPath(path: string): string {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (path.trim() === '') throw refuse('path is blank')
  if (names.includes('..') || path.includes('\0')) throw refuse(`path ${JSON.stringify(path)} is not allowed`)
  return `/${names.join('/')}`
}

const refuse = (message: string): Fault =>
  new Fault('ValidationError', message, { component: 'WASM', details: { FailureClass: 'user' } })
