import { join } from 'node:path'
import { checks, runChecks } from './checks.ts'

/** `npm run check`: types, lint, format, unused code, and the house rules of tools/tidy.test.ts. */
const tidy = { name: 'tidy', command: 'vitest', args: ['run', '--project', 'unit', 'tools/', '--reporter=dot'] }

process.exitCode = (await runChecks([...checks, tidy], join(import.meta.dirname, '..'))).length > 0 ? 1 : 0
