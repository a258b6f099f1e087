/**
 * Returns the partition of a key, as Kafka's default partitioner computes it: the murmur2 hash of the key,
 * made positive, modulo the number of partitions (org.apache.kafka.common.utils.Utils.murmur2). Only the part
 * of the key before its first slash counts.
 */
export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return (murmur2(keyBeforeSlash(key)) & 0x7fffffff) % partitionCount;
}

const SLASH = 0x2f;

/** Returns the part of a key before its first slash, or the key if it has none. */
export function keyBeforeSlash(key: Buffer): Buffer {
  const slash = key.indexOf(SLASH);
  return slash === -1 ? key : key.subarray(0, slash);
}

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Returns Kafka's murmur2 hash of the bytes, as a signed 32-bit number, like in Java. */
export function murmur2(data: Buffer): number {
  let hash = SEED ^ data.length;
  const tail = data.length & ~3;
  for (let at = 0; at < tail; at += 4) {
    const block = Math.imul(data.readInt32LE(at), M);
    hash = Math.imul(hash, M) ^ Math.imul(block ^ (block >>> 24), M);
  }
  if (data.length > tail) hash = Math.imul(hash ^ readTail(data, tail), M);
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

function readTail(data: Buffer, at: number): number {
  return data.readUIntLE(at, data.length - at);
}
