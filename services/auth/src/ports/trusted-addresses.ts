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
 * The maximum number of trusted IP addresses per email address. It is more than enough for an owner, because
 * a trusted IP address expires after 30 days, and people sign in from fewer networks within that time, even
 * with a phone. The number must not be much higher, because strangers who share a trusted IP address can
 * guess passwords from there even while the email address is locked. A stranger cannot push the owner's IP
 * addresses out: adding one takes the password or access to the mailbox.
 */
export const MAX_TRUSTED_IPS_PER_ADDRESS = 50;

/**
 * The store of trusted pairs of an email address and an IP address. The login limit of an email address does
 * not apply to its trusted IP addresses, so that a stranger cannot lock out the owner. A pair expires after
 * 30 days. Every method rejects with StoreUnavailable if the store fails.
 */
export interface TrustedAddressStore {
  /**
   * Stores a trusted pair, or extends the lifetime of a stored one. To save writes, does not change a pair
   * that was stored less than a day ago. If the email address then has more than {@link
   * MAX_TRUSTED_IPS_PER_ADDRESS} pairs, deletes those that expire first, but never the given pair.
   */
  trust(pair: TrustedEmailIpPair, now: Date): Promise<void>;
  isTrusted(pair: TrustedEmailIpPair, now: Date): Promise<boolean>;
  /** Deletes expired trusted pairs. */
  removeExpired(now: Date): Promise<void>;
}
