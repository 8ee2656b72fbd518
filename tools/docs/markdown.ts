/** Says where a page comes from. */
export const made = '<!-- made by `npm run docs` from the tables of the program; do not edit -->'

export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

export const tableOf = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
