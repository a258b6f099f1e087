/**
 * Records the keys that a store was used with, as fingerprints or ids, never the keys themselves. Used at startup and
 * by ops commands.
 */
import type { ConfiguredKeys, KeyUse } from './key-uses.ts';

/** The keys of one setting, for `ops move`. */
export interface StoredKeyUses {
  readonly setting: string;
  readonly uses: readonly KeyUse[];
}

export interface KeyFingerprints {
  /**
   * Stores the keys of a starting process, by setting. Stores nothing if a key is missing that stored data may depend
   * on.
   * @returns the settings in which such a key is missing
   * @throws StoreUnavailable, or an Error with a one-line message while another store is being moved into this one
   */
  check(given: Readonly<Record<string, ConfiguredKeys>>, now: Date): Promise<readonly string[]>;
  /** Returns the stored keys by setting. @throws StoreUnavailable */
  list(): Promise<Readonly<Record<string, readonly KeyUse[]>>>;
  /**
   * Allows later starts without a key, unless the stored keys of the setting have changed meanwhile, because a process
   * may have started with other keys, or with this key as the current one.
   * @param seen the keys of the setting as `list` returned them; empty if it returned none
   * @returns false if the stored keys have changed; nothing is forgotten then
   * @throws StoreUnavailable
   */
  forget(setting: string, key: string, seen: readonly KeyUse[]): Promise<boolean>;
}
