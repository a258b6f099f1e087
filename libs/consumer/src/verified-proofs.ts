/**
 * Caches the proofs of recently verified events, for several consumers in one process that read the same
 * events.
 */
import type { EventProof } from '@latchkey/events';

type Proof = Pick<EventProof, 'hash' | 'signature'>;

export interface VerifiedProofCache {
  /** Returns whether this proof was verified with one of these keys. */
  has(proof: Proof, keys: ReadonlyMap<string, unknown>): boolean;
  /**
   * Adds a verified proof.
   * @param kid the id of the key that verified the proof. It may differ from the key id in the proof's own
   * signature, if the signature of a later event was verified instead
   */
  add(proof: Proof, kid: string): void;
}

/** The maximum number of proofs in the cache, which take about 5 MB. */
const MAX_PROOFS = 20_000;

/**
 * Creates a cache of proofs.
 * @param maxProofs the maximum number of proofs in the cache. If the cache is full, adding a proof removes
 * the oldest one
 */
export function createVerifiedProofCache(maxProofs = MAX_PROOFS): VerifiedProofCache {
  const verified = new Map<string, { readonly signature: string; readonly kid: string }>();
  return {
    has({ hash, signature }, keys) {
      const known = verified.get(hash);
      return known !== undefined && known.signature === signature && keys.has(known.kid);
    },
    add({ hash, signature }, kid) {
      verified.set(hash, { signature, kid });
      if (verified.size <= maxProofs) return;
      const [oldest] = verified.keys();
      if (oldest !== undefined) verified.delete(oldest);
    },
  };
}
