import { cliSuite } from './cli-suite.ts'

cliSuite('v1.4.0')
