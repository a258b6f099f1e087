/** The file of an embedded store, which runs in this process. */
export interface DataFile {
  /** The path of the data folder. */
  readonly folder: string;
  /** The name of the file in the data folder. */
  readonly name: string;
  /** Returns whether unused parts of the file may still contain erased data. */
  erasedRemains(): ErasedRemains;
  /**
   * Rewrites the file, so that it contains no erased data. Blocks for a second or two per 100 MB. No other process may
   * use the folder.
   * @throws Error with a one-line message, for example if the disk has too little space
   */
  rewrite(): void;
  /**
   * Writes a copy of the file as of the start of the call; only its owner may read the copy. Other processes may use the
   * file meanwhile.
   * @param path the copy's path; no file may exist there
   */
  copyTo(path: string): Promise<void>;
}

/** Whether a file may still contain data that was erased. */
export interface ErasedRemains {
  /** Whether data was erased since the file was last rewritten. */
  readonly possible: boolean;
  /** When the last rewrite began; undefined if there was none. */
  readonly rewrittenAt?: Date;
}
