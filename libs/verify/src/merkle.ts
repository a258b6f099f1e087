/** Merkle tree hashes as in RFC 6962, 2.1. Pure. */
import { createHash } from 'node:crypto';

/** Returns the root of the Merkle tree over the given leaves, in the given order. */
export function computeMerkleRoot(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(LEAF, only);
  const split = largestPowerBelow(leaves.length);
  return sha256(NODE, computeMerkleRoot(leaves.slice(0, split)), computeMerkleRoot(leaves.slice(split)));
}

/**
 * The first bytes of hashed leaves and of hashed nodes are different, so that an inner node can never be
 * mistaken for a leaf.
 */
const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

function sha256(...parts: readonly Buffer[]): Buffer {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}

/**
 * Returns the largest power of two that is less than the count.
 * @param count at least 2
 */
function largestPowerBelow(count: number): number {
  return 2 ** Math.floor(Math.log2(count - 1));
}
