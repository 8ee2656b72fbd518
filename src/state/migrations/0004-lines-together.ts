import type { Dialect } from '../dialect.ts'

/** Lines of one change that follow each other are in one row. */
export const linesTogether = (_dialect: Dialect): readonly string[] => ['alter table history add column more text']
