import { cliSuite } from './cli-suite.ts'

/** Not `list-yaml`: there 1.4 judges, which has the rows of the other forms, and 1.9 a tree. */
const lists = ['after', 'bad', 'broken', 'csv', 'extra', 'hide', 'json', 'no-style', 'table', 'unknown', 'wide'].map(
  (name) => `config/list-${name}*`,
)

/** What 1.4 lacks, as far as ours has it: profiles, and the keys of settings. */
const judged = ['auth/*', 'profile/*', 'config/set-*', ...lists]

cliSuite('v1.9.3', judged)
