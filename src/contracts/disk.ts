/** What the control plane and the runner ask of a file system. The providers have their own hands on it. */
export interface Disk {
  makeDirectory(path: string): Promise<void>
  /** Whole subtree; fine when it does not exist. */
  remove(path: string): Promise<void>
  /**
   * Leaves in a folder only what `isWanted` says of its name below it, a folder with all in it; links are not followed. Gives how
   * many of those there are.
   */
  keepOnly(path: string, isWanted: (name: string) => boolean): Promise<number>
  /** Names inside a folder; [] when it does not exist. */
  list(path: string): Promise<string[]>
  writeFile(path: string, bytes: Uint8Array | string): Promise<void>
  /** Writes, syncs, renames: the file is whole or as before. */
  replaceFile(path: string, bytes: Uint8Array | string, mode?: number): Promise<void>
  readFile(path: string): Promise<Uint8Array | undefined>
  /** A file, or the names in a folder: it survives the machine. */
  sync(path: string): Promise<void>
  /** A folder with all in it; links are not followed. */
  syncAll(path: string): Promise<void>
  /** Bytes of the files in a folder, without following links; 0 when it does not exist. */
  usedBytes(path: string): Promise<number>
  /** Another one each time that what was written and not synced may have been lost. */
  bootId(): Promise<string>
  /** Lets go of what is there only so that it need not be fetched again. Never rejects. Absent = there is nothing of the kind. */
  makeRoom?(): Promise<void>
}
