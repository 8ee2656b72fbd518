/**
 * What flows between a node and its runner children. Down: four bytes of length, then a RunOrder as JSON, or, when the child waits for it,
 * the answer to its request.
 * Up: four bytes of length, one of kind, then the payload. All numbers are little-endian.
 *
 * `ready`: it has come up. `taken`: it begins with the order, so from now on the program may have run. `loaded`: the modules of an
 * order that asks to be told are compiled. `request`: it waits for an answer.
 */
export const frameKind = { stdout: 1, stderr: 2, report: 3, ready: 4, taken: 5, request: 6, loaded: 7 } as const

export const upHeaderBytes = 5
export const downHeaderBytes = 4

/** Output travels in frames of at most this much. */
export const outputFrameLimitBytes = 262_144
export const orderLimitBytes = 67_108_864
/** The largest body that a guest may be given, and its headers. */
export const answerLimitBytes = 106_954_752
/** A child is not trusted: a longer frame from it ends it. */
export const upFrameLimitBytes = 4_194_304

/**
 * Descriptors of the child: orders in, complaints, a line that ends with the node (or its wish to stop), frames out.
 * Standard output leads nowhere, so that nothing printed by accident stands between frames.
 */
export const childFd = { orders: 0, complaints: 2, lifeline: 3, frames: 4 } as const
