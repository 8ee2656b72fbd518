import { cliSuite } from './cli-suite.ts'

/** Not `list-yaml`: there 1.4 judges, which has the rows of the other forms, and 1.9 a tree. */
const lists = ['after', 'bad', 'broken', 'csv', 'extra', 'hide', 'json', 'no-style', 'table', 'unknown', 'wide'].map(
  (name) => `config/list-${name}*`,
)

/** What 1.4 lacks: the settings of a node, profiles, versions, logins, and the keys of settings. */
const judged = [
  'agent/config-*',
  'auth/*',
  'profile/*',
  'config/set-*',
  'job-run/id-only*',
  'job-run/no-wait',
  'job-run/warnings-hidden',
  'job-versions/*',
  'root/bad-config-key',
  'root/config-flag-api',
  ...lists,
]

cliSuite('v1.9.3', judged)
