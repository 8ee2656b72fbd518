import { restSuite } from './rest-suite.ts'

restSuite('v1.9.3')
