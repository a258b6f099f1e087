/** Splits accounts and mailings into shards, which are processed one after the other to limit memory use. */

/** Returns whether an account or mailing belongs to the shard. */
export type ShardFilter = (subject: string) => boolean;

/**
 * Returns shards of about equal size; every subject belongs to exactly one.
 * @param recordCount the total number of records
 * @param maxPerShard the approximate maximum number of records in one shard
 */
export function createShards(recordCount: number, maxPerShard: number): readonly ShardFilter[] {
  const count = Math.max(1, Math.ceil(recordCount / maxPerShard));
  return Array.from({ length: count }, (_, index) => (subject) => bucketOf(subject) % count === index);
}

/**
 * Returns the bucket for the id of an account or mailing, selected by the last digits of the id, because
 * these digits are random in a UUIDv7. All ids of a different form are in the same bucket.
 */
function bucketOf(subject: string): number {
  return Number.parseInt(subject.slice(-6), 16) || 0;
}
