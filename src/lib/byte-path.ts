const slash = Buffer.from('/')

/** The path of what is in a folder, as bytes: programs make names that are no text. */
export const inside = (folder: string | Buffer, name: Buffer): Buffer =>
  Buffer.concat([typeof folder === 'string' ? Buffer.from(folder) : folder, slash, name])
