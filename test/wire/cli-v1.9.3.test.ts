import { cliSuite } from './cli-suite.ts'

/** What 1.4 lacks, as far as ours has it. */
const judged = ['auth/*', 'profile/*', 'config/set-equals', 'config/set-other-file']

cliSuite('v1.9.3', judged)
