import type { Host } from './host.ts'
import type { Out } from './out.ts'

type Paint = (text: string) => string

/** All attributes end together, as in the output that clients know. */
const painted =
  (code: number): Paint =>
  (text) =>
    `\x1b[${code}m${text}\x1b[0m`

export const bold = painted(1)
export const red = painted(31)
export const green = painted(32)

/** Whether colours are wanted on a stream: on a terminal, unless `NO_COLOR` or a dumb terminal; `FORCE_COLOR` insists. */
export const hasColours = (out: Out, env: Host['env']): boolean => {
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return out.isTerminal && !env.NO_COLOR && env.TERM !== 'dumb'
}

export type Colours = { readonly red: Paint; readonly green: Paint; readonly bold: Paint }

/** Colours where they are wanted. */
export const coloursFor = (out: Out, env: Host['env']): Colours =>
  hasColours(out, env) ? { red, green, bold } : { red: String, green: String, bold: String }
