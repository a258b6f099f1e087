/**
 * An e-mail address and an IP address. From this IP address, the owner of the e-mail address signed in, or used a mailed
 * link to set a password or to confirm the address.
 */
export interface TrustedPair {
  /** The canonical e-mail address. */
  readonly address: string;
  /** The IP address of the client. All IPv6 addresses of one /64 network count as the same address. */
  readonly ip: string;
}

/**
 * The maximum number of trusted pairs of an e-mail address: more than the networks from which a person signs in within 30
 * days, even with a phone. At each of these IP addresses, strangers may guess passwords although the e-mail address is
 * locked, so more pairs would permit more guesses. Only somebody who knows the password or reads the mailbox can add
 * pairs and so remove older ones.
 */
export const MAX_TRUSTED_PAIRS = 50;

/**
 * Pairs of an e-mail address and an IP address to which the login limit of the e-mail address does not apply, so that a
 * stranger cannot lock out its owner. A pair expires after 30 days. Every method rejects with StoreUnavailable if the
 * store fails.
 */
export interface TrustedAddresses {
  /**
   * Stores a pair, or makes it expire later; a pair that was stored less than a day ago stays unchanged. Of the other
   * pairs of the e-mail address, those that expire first are deleted if there are more than {@link MAX_TRUSTED_PAIRS} in
   * total.
   */
  trust(pair: TrustedPair, now: Date): Promise<void>;
  isTrusted(pair: TrustedPair, now: Date): Promise<boolean>;
  /** Deletes expired pairs. */
  removeExpired(now: Date): Promise<void>;
}
