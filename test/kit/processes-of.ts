import { readdirSync, readFileSync } from 'node:fs'

/** Command lines of the processes whose arguments or environment name the text: what a test has left running. */
export const processesOf = (text: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`].some((file) => contentOf(file).includes(text)))
    .map((pid) => contentOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' '))

/** A process may be gone by now. */
const contentOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
