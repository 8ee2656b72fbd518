/** Go's `path/filepath` on Linux: paths as text, nothing looked up on a disk. */

/** `filepath.Clean`: no `.`, no `//`, `..` carried out where it can be, no slash at the end; '' is `.`. */
export function cleanPath(path: string): string {
  const isAbsolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  return (isAbsolute ? '/' : '') + parts.join('/') || '.'
}

/** `filepath.Join`: empty parts are left out; '' when all are empty. */
export function joinPath(...parts: string[]): string {
  const given = parts.filter((part) => part !== '')
  return given.length === 0 ? '' : cleanPath(given.join('/'))
}

/** `filepath.Base`: the last part; `.` of '', `/` of slashes only. */
export function baseName(path: string): string {
  if (path === '') return '.'
  return path.replace(/\/+$/, '').split('/').at(-1) || '/'
}

/** `filepath.Dir`: all but the last part, clean. */
export const dirName = (path: string): string => cleanPath(path.slice(0, path.lastIndexOf('/') + 1))

/** `filepath.Ext`: from the last dot of the last part; '' without one. */
export const extension = (path: string): string => /\.[^./]*$/.exec(path)?.[0] ?? ''

export const isAbsolutePath = (path: string): boolean => path.startsWith('/')
