/**
 * Rows are made a few hundred changes at a time. What is going to change soon is passed over so often, so that most of it is written
 * once, as it ended, or never, because it was removed.
 */
export const passesBeforeWritten = 3
