/** Changes when the file does, as far as its size and time tell. */
export const fileTag = ({ size, mtimeMs }: { size: number; mtimeMs: number }): string =>
  `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`
