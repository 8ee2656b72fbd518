/** How a file of an input came: it was here already, or was fetched. */
export type FileOrigin = 'kept' | 'brought'

/** Files of inputs that stay on the node for who asks for the same again; one for all technologies. */
export interface FileCache {
  /**
   * Makes `path`, a new name in a folder that is there, a file with the content that `key` names: from what is kept, else by `bring`,
   * which writes it and whose failure is thrown. Who asks for a key that is on its way waits for it; what breaks it breaks it for all
   * of them, and where it was broken off, or refused to who brought it, the next brings it. The file may be shared with others: it is
   * read only.
   */
  file(key: string, path: string, bring: () => Promise<void>, signal: AbortSignal): Promise<FileOrigin>
  /** The same where it is kept or on its way; false = it is not, or was broken off on its way, and nothing is at `path`. */
  give(key: string, path: string, signal: AbortSignal): Promise<boolean>
}
