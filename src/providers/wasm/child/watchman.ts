import { Worker } from 'node:worker_threads'
import type { Nudge } from './outbox.ts'
import { capacityBytes, headBytes, headOf, none, place } from './shared-output.ts'

const startLimitMs = 30_000

type Post = {
  shared: SharedArrayBuffer
  framesFd: number
  lifelineFd: number
  pauseMs: number
  headBytes: number
  capacityBytes: number
  none: number
  place: typeof place
}

/**
 * Starts the child's second thread, and returns when it watches. It ends the process when the lifeline ends (the node is gone, or wants the run
 * stopped), whatever the guest is doing, and sends output that the guest has left lying while it computes.
 */
export function startWatchman(
  fds: { frames: number; lifeline: number },
  shared: SharedArrayBuffer,
  pauseMs: number,
): Nudge {
  const post: Post = {
    shared,
    framesFd: fds.frames,
    lifelineFd: fds.lifeline,
    pauseMs,
    headBytes,
    capacityBytes,
    none,
    place,
  }
  // Streams of its own: piped into this process's they would make our descriptors non-blocking.
  const streams = { stdin: false, stdout: true, stderr: true }
  const worker = new Worker(`(${keepWatch.toString()})()`, { eval: true, workerData: post, env: {}, ...streams })
  worker.unref()
  // A guest must not begin before: its last words would be lost.
  const begun = Atomics.wait(headOf(shared), place.isWatched, 0, startLimitMs)
  if (begun === 'timed-out') process.exit(1)
  return () => worker.postMessage(0)
}

/** Runs as text in its own thread (the single executable has no file for it), so it may use nothing from outside. */
function keepWatch(): void {
  const { workerData, parentPort } = process.getBuiltinModule('node:worker_threads')
  const { writeSync } = process.getBuiltinModule('node:fs')
  const { Socket } = process.getBuiltinModule('node:net')
  const post = workerData as Post
  const head = new Int32Array(post.shared, 0, post.headBytes / 4)
  const data = new Uint8Array(post.shared, post.headBytes, post.capacityBytes)

  const die = (): never => {
    process.kill(process.pid, 'SIGKILL')
    throw new Error('killed')
  }
  const send = (): void => {
    const usedBytes = head[post.place.usedBytes] as number
    try {
      for (let at = 0; at < usedBytes; ) at += writeSync(post.framesFd, data, at, usedBytes - at)
    } catch {
      // Nobody reads any more; the other thread must not wait for the lock.
      die()
    }
    head[post.place.usedBytes] = 0
    head[post.place.lastFrameAt] = post.none
  }
  /** False when the guest's thread is sending just now. */
  const trySend = (): boolean => {
    if (Atomics.compareExchange(head, post.place.lock, 0, 1) !== 0) return false
    send()
    Atomics.store(head, post.place.isNudged, 0)
    Atomics.store(head, post.place.lock, 0)
    Atomics.notify(head, post.place.lock)
    return true
  }
  const sendSoon = (): void => {
    setTimeout(() => {
      if (!trySend()) sendSoon()
    }, post.pauseMs)
  }
  const end = (): void => {
    trySend()
    die()
  }

  parentPort?.on('message', sendSoon)
  const lifeline = new Socket({ fd: post.lifelineFd, readable: true, writable: false })
  lifeline.on('end', end).on('error', end).on('close', end).resume()
  Atomics.store(head, post.place.isWatched, 1)
  Atomics.notify(head, post.place.isWatched)
}
