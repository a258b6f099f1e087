/**
 * An email address together with an IP address from which its owner has signed in, or has used a mailed link
 * to set a password or confirm the address.
 */
export interface TrustedEmailIpPair {
  /** The canonical form of the email address. */
  readonly address: string;
  /** The client's IP address. IPv6 addresses in the same /64 network are treated as one address. */
  readonly ip: string;
}

/**
 * The maximum number of trusted pairs per email address. People sign in from fewer networks than this within
 * 30 days, even with a phone. The number must not be much higher: strangers who share one of these IP
 * addresses can guess passwords even while the email address is locked. Only somebody who knows the password
 * or reads the mailbox can add a pair, which may replace an older one.
 */
export const MAX_TRUSTED_IPS_PER_ADDRESS = 50;

/**
 * The store of trusted pairs of an email address and an IP address. The login limit of an email address does
 * not apply to its trusted IP addresses, so that a stranger cannot lock out the owner. A pair expires after
 * 30 days. Every method rejects with StoreUnavailable if the store fails.
 */
export interface TrustedAddressStore {
  /**
   * Stores a trusted pair, or extends its lifetime. To save writes, does not change a pair that was stored
   * less than a day ago. If the email address then has more than {@link MAX_TRUSTED_IPS_PER_ADDRESS} pairs,
   * deletes the surplus: of all pairs except the given one, those that expire first.
   */
  trust(pair: TrustedEmailIpPair, now: Date): Promise<void>;
  isTrusted(pair: TrustedEmailIpPair, now: Date): Promise<boolean>;
  /** Deletes expired trusted pairs. */
  removeExpired(now: Date): Promise<void>;
}
