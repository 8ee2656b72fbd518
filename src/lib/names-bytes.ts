/** What a name takes of a disk, however little is in it: a folder is a block, and so is the smallest file. */
export const nameBytes = 4_096
/** That many take nothing, so that a job which asks for little may have files as small as that. */
const freeNames = 1_000

/** What so many files, folders and links take by themselves. */
export const namesBytes = (count: number): number => Math.max(0, count - freeNames) * nameBytes
