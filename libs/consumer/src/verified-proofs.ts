/** The proofs that were verified recently, for several consumers in one process that read the same events. */
import { type EventProof, keyIdOf } from '@latchkey/events';

type Proof = Pick<EventProof, 'hash' | 'signature'>;

export interface VerifiedProofs {
  /** Returns whether this proof was verified, and its key is still one of `keys`. */
  has(proof: Proof, keys: ReadonlyMap<string, unknown>): boolean;
  add(proof: Proof): void;
}

/** About 5 MB. */
const MAX_PROOFS = 20_000;

/** @param max how many proofs to keep: the most recent ones */
export function createVerifiedProofs(max = MAX_PROOFS): VerifiedProofs {
  const signatures = new Map<string, EventProof['signature']>();
  return {
    has: ({ hash, signature }, keys) =>
      signatures.get(hash) === signature && keys.has(keyIdOf(signature) ?? ''),
    add({ hash, signature }) {
      signatures.set(hash, signature);
      const [oldest] = signatures.keys();
      if (signatures.size > max && oldest !== undefined) signatures.delete(oldest);
    },
  };
}
