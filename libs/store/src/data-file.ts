/** The file of a store that runs inside this process. */
export interface DataFile {
  /** The path of the data folder that contains the file. */
  readonly folder: string;
  /** The name of the file in the data folder. */
  readonly name: string;
  /** Returns whether unused parts of the file may still contain erased data. */
  erasedRemains(): ErasedDataRemnants;
  /**
   * Rewrites the file, so that it contains no erased data. Blocks this process for a second or two per 100
   * MB. No other process may use the folder.
   * @throws Error with a one-line message, for example if the disk has too little space
   */
  rewrite(): void;
  /**
   * Writes a copy of the file, with the content that the file had when the call began. Only the owner can
   * read the copy. Other processes may use the file at the same time.
   * @param path the path of the copy, at which no file may exist
   */
  copyTo(path: string): Promise<void>;
}

/** Whether a file may still contain data that was erased. */
export interface ErasedDataRemnants {
  /** Whether data was erased after the last rewrite of the file. */
  readonly possible: boolean;
  /** When the last rewrite began; undefined if the file was never rewritten. */
  readonly rewrittenAt?: Date;
}
