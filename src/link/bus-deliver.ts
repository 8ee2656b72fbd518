import type { Bus } from '#contracts/bus.ts'
import type { Random } from '#lib/clock.ts'
import { exactJson } from '#lib/json/exact.ts'
import type { ComputeMessage, Frame, FramesAck, OrchestratorMessage } from '#models/messages/messages.ts'
import { frameText, readAck } from './bac/frames.ts'
import { call } from './bus-call.ts'

const deliverLimitMs = 30_000
/** Far below what a receiver puts together, and sent well within the limit. A larger frame goes alone. */
const callLimitChars = 4 * 1024 * 1024

type Frames = readonly Frame<OrchestratorMessage | ComputeMessage>[]
type Group = { text: string; lastSeq: number }

/** Sends frames in order, in as many calls as their size needs, and stops where the other side does. */
export async function deliverOverBus(
  bus: Bus,
  subject: string,
  linkId: string,
  frames: Frames,
  random: Random,
): Promise<FramesAck> {
  let ack: FramesAck = { LastSeq: 0 }
  for (const { text, lastSeq } of groupsOf(linkId, frames)) {
    ack = readAck(await call(bus, subject, text, deliverLimitMs, random), lastSeq)
    if (ack.LastSeq < lastSeq) return ack
  }
  return ack
}

function* groupsOf(linkId: string, frames: Frames): Iterable<Group> {
  const group = (texts: readonly string[], lastSeq: number): Group => ({
    text: `{"LinkID":${exactJson(linkId)},"Frames":[${texts.join(',')}]}`,
    lastSeq,
  })
  let texts: string[] = []
  let chars = 0
  let lastSeq = 0
  for (const frame of frames) {
    const text = frameText(frame)
    if (texts.length > 0 && chars + text.length > callLimitChars) {
      yield group(texts, lastSeq)
      texts = []
      chars = 0
    }
    texts.push(text)
    chars += text.length
    lastSeq = frame.Seq
  }
  yield group(texts, lastSeq)
}
