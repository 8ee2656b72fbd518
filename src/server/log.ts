/** What the server says to its operator; a pino logger fits. Bodies and tokens never go here. */
export type ServerLog = {
  isLevelEnabled(level: string): boolean
  debug(fields: object, event: string): void
  info(fields: object, event: string): void
  warn(fields: object, event: string): void
  error(fields: object, event: string): void
}
