import { defineCommand } from '../command.ts'

/** A command of long ago: what to use instead was said already (the registry), and it does nothing else. */
export const command = defineCommand({ use: '', args: {}, flags: {}, run: async () => {} })
