const slash = Buffer.from('/')

/** The path of what is in a folder, as bytes: programs make names that are no text. */
export const inside = (folder: string | Buffer, name: Buffer): Buffer =>
  Buffer.concat([typeof folder === 'string' ? Buffer.from(folder) : folder, slash, name])

/** With this `opendir` gives names as bytes, which its types do not know of: `byteEntries` says so. */
export const namesAsBytes = { encoding: 'buffer' as BufferEncoding }

export const byteEntries = <Entry extends { name: string }>(
  folder: AsyncIterable<Entry>,
): AsyncIterable<Omit<Entry, 'name'> & { name: Buffer }> => folder as never
