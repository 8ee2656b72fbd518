import type { ReadStream } from 'node:tty'

type Input = NodeJS.ReadStream | ReadStream
const [enter, newline, endOfText, endOfInput, backspace, rubout] = ['\r', '\n', '\x03', '\x04', '\b', '\x7f']

/** Reads lines one by one, and no more than it is asked for from a terminal. Input is opened by the first question. */
export function lineReader(
  openInput: () => Input,
  interrupted: AbortSignal,
): (askHiding?: () => void) => Promise<string | undefined> {
  let rest = ''
  let isOver = false
  return async (askHiding) => {
    const stdin = openInput()
    const isRaw = askHiding !== undefined && stdin.isTTY === true
    if (isRaw) stdin.setRawMode(true)
    try {
      askHiding?.()
      for (let typed = ''; ; ) {
        const found = isRaw ? edited(typed, rest) : wholeLine(rest, isOver)
        typed = found.typed ?? ''
        rest = found.rest
        if (found.kind === 'line') return found.line
        if (isOver) return undefined
        const more = await nextText(stdin, interrupted)
        if (more === undefined) isOver = true
        else rest += more
      }
    } finally {
      if (isRaw) stdin.setRawMode(false)
    }
  }
}

type Found =
  | { kind: 'line'; line: string | undefined; rest: string; typed?: undefined }
  | { kind: 'more'; rest: string; typed?: string }

function wholeLine(text: string, isOver: boolean): Found {
  const at = text.indexOf(newline)
  if (at >= 0) return { kind: 'line', line: text.slice(0, at).replace(/\r$/, ''), rest: text.slice(at + 1) }
  return isOver && text !== '' ? { kind: 'line', line: text, rest: '' } : { kind: 'more', rest: text }
}

/** A terminal that shows nothing edits nothing either. */
function edited(typed: string, text: string): Found {
  let line = typed
  for (let at = 0; at < text.length; at++) {
    const key = text[at] as string
    if (key === enter || key === newline) return { kind: 'line', line, rest: text.slice(at + 1) }
    if (key === endOfText) process.kill(process.pid, 'SIGINT')
    else if (key === endOfInput) return { kind: 'line', line: undefined, rest: text.slice(at + 1) }
    else if (key === backspace || key === rubout) line = line.slice(0, -1)
    else line += key
  }
  return { kind: 'more', rest: '', typed: line }
}

/** Undefined at the end. Between two questions the stream rests, so that it keeps no command alive. */
function nextText(stdin: Input, interrupted: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const heard = (data: Buffer | string) => settle(() => resolve(data.toString()))
    const ended = () => settle(() => resolve(undefined))
    const failed = (error: Error) => settle(() => reject(error))
    const left = () => settle(() => reject(interrupted.reason as Error))
    const settle = (act: () => void) => {
      stdin.off('data', heard).off('end', ended).off('error', failed)
      interrupted.removeEventListener('abort', left)
      stdin.pause()
      act()
    }
    if (interrupted.aborted) return left()
    if (stdin.readableEnded) return resolve(undefined)
    interrupted.addEventListener('abort', left, { once: true })
    stdin.on('data', heard).on('end', ended).on('error', failed).resume()
  })
}
