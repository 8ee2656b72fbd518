import { apiPage } from './api-page.ts'
import { cliPage } from './cli-page.ts'
import { configPage } from './config-page.ts'

/** Files that are made from the program's own tables. */
export const pages: Record<string, () => string | Promise<string>> = {
  'docs/api.md': apiPage,
  'docs/cli.md': cliPage,
  'docs/config.md': configPage,
}
