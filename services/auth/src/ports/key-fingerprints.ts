/** Fingerprints of the secret keys that the stored accounts depend on. Used only at startup. */
export interface KeyFingerprints {
  /**
   * Stores the fingerprints of keys by name on first use. If one of them differs from the stored one, none is stored.
   * @returns the names of the keys that differ
   * @throws StoreUnavailable, or an Error with one line while another store is being moved into this one
   */
  check(fingerprints: Readonly<Record<string, string>>): Promise<readonly string[]>;
}
