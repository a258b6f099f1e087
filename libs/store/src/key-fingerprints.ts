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
   * Stores the keys of a starting process, by setting. Stores nothing if a key is missing on which stored data may
   * depend.
   * @returns the settings that lack such a key
   * @throws StoreUnavailable, or an Error with a one-line message while another store is being moved into this one
   */
  check(given: Readonly<Record<string, ConfiguredKeys>>, now: Date): Promise<readonly string[]>;
  /** Returns the stored keys by setting. @throws StoreUnavailable */
  list(): Promise<Readonly<Record<string, readonly KeyUse[]>>>;
  /**
   * Forgets a key, so that processes may start without it. Does nothing if the stored keys of the setting have changed
   * since `list`, because a process may have started with other keys, or with this key as the current one.
   * @param seen the keys of the setting as `list` returned them; empty if it returned none
   * @returns false if the stored keys have changed, so that the key was not forgotten
   * @throws StoreUnavailable
   */
  forget(setting: string, key: string, seen: readonly KeyUse[]): Promise<boolean>;
}
