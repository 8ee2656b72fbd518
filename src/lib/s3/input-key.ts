import { Fault } from '../fault.ts'
import { compileRegexp, type Regexp } from '../regexp.ts'

/** Whether a key names one object: it is not empty and ends in neither `/` nor `*` [R172]. The store may still say it is a folder. */
export const isObjectKey = (key: string): boolean => key !== '' && !/[/*]$/.test(key)

/** What every key of an input begins with: without the blanks around it and one trailing `*`. */
export const keyPrefix = (key: string): string => key.trim().replace(/\*$/, '')

/** A key that ends in `/` only marks a folder. */
export const isFolderMarker = (key: string): boolean => key.endsWith('/')

/**
 * Which of the listed keys an input takes: those whose part after the prefix matches the filter anywhere [R170].
 * Throws Fault('BadRequest') for a filter that is no regular expression.
 */
export function keyFilter(prefix: string, filter: string): (key: string) => boolean {
  if (filter === '') return () => true
  const regexp = compiled(filter)
  return (key) => regexp.isIn(key.slice(prefix.length))
}

function compiled(filter: string): Regexp {
  try {
    return compileRegexp(filter)
  } catch (error) {
    throw new Fault('BadRequest', `invalid regex pattern: ${(error as Error).message}`, {
      hint: 'Filter is a regular expression as Go has them; it is looked for behind the prefix of the key',
    })
  }
}

const wrongKey = (key: string, why: string): Fault =>
  new Fault('BadRequest', `object key ${JSON.stringify(key)} ${why}`, {
    hint: 'A Filter, or a longer Key, leaves it out of the input',
  })

/**
 * Where an object lies inside the input's folder: without the leading parts it shares with the prefix, whose last part
 * always stays. Throws Fault('BadRequest') for a key that would lead out of the folder.
 */
export function objectPath(prefix: string, key: string): string {
  const parts = key.split('/')
  const shared = prefix.split('/').slice(0, -1)
  const differs = shared.findIndex((part, index) => part !== parts[index])
  const path = parts.slice(differs === -1 ? shared.length : differs)
  if (path.includes('..')) throw wrongKey(key, 'leads out of its folder')
  if (key.includes('\0')) throw wrongKey(key, 'is no name of a file')
  return path.join('/')
}
