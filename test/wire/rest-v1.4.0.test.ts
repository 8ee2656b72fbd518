import { restSuite } from './rest-suite.ts'

restSuite('v1.4.0')
