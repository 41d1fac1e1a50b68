/** A file of a set as its authors offer it. */
export interface RemoteFile {
  readonly name: string
  readonly md5?: string
  /** Absent where it can only be had through a page (a log-in, a form, a shared folder). */
  readonly url?: string
  /** Splits that need it; absent: all. */
  readonly splits?: readonly string[]
}

/** Where a set comes from, and on which terms. */
export interface RemoteSet {
  readonly title: string
  readonly licence: string
  readonly citation: string
  /** The page to read and, where a file has no `url`, to download from. */
  readonly page: string
  readonly files: readonly RemoteFile[]
}
