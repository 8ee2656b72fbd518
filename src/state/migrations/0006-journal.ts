import type { Dialect } from '../dialect.ts'

/** From here on a part of what is stored may be in the journal beside the database: a program that does not know of it must not open it. */
export const journal = (_dialect: Dialect): readonly string[] => []
