import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pages } from './docs/pages.ts'

/** `npm run docs`: writes the pages that are made from tables. A test fails when they are not what the tables say. */
for (const [file, make] of Object.entries(pages)) writeFileSync(join(import.meta.dirname, '..', file), await make())
