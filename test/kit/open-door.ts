import type { Door, Rights } from '#nats/server/door.ts'

const everything: Rights = {
  sender: 'anybody',
  maySubscribe: () => true,
  mayPublish: () => true,
  mayAskFor: () => true,
  asked: () => {},
  refused: () => {},
  left: () => {},
}

/** Lets everybody do everything: for what a broker is without nodes. */
export const openDoor: Door = { isLocked: false, admit: async () => everything }
