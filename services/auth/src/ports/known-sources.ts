/** The maximum number of sources to keep per account: the most recent ones. */
export const MAX_KNOWN_SOURCES = 50;

/**
 * The devices and networks from which accounts were signed in, as digests. Every method rejects with StoreUnavailable
 * if the store fails.
 */
export interface KnownSources {
  /**
   * Remembers sources of an account.
   * @returns the sources that are new; undefined if none was known before, as at the first sign-in
   */
  remember(userId: string, sources: readonly string[]): Promise<readonly string[] | undefined>;
}
