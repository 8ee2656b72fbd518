import { seedSuite } from './seed-suite.ts'

seedSuite('even')
