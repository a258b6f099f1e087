/**
 * The maximum number of sources (devices and networks) that are kept per account. When it is exceeded, the
 * oldest sources are dropped.
 */
export const MAX_KNOWN_SIGN_IN_SOURCES = 50;

/**
 * The store of digests of the sources (devices and networks) from which each account has signed in. Every
 * method rejects with StoreUnavailable if the store fails.
 */
export interface KnownSignInSourceStore {
  /**
   * Adds sources (devices and networks) to the known sources of an account.
   * @returns those of the given sources that were not known before; undefined if the account had no known
   * sources, as at its first sign-in
   */
  remember(userId: string, sources: readonly string[]): Promise<readonly string[] | undefined>;
}
