/** Splits accounts and mailings into shards that are processed one after the other, to bound memory use. */

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
 * Returns the bucket of the id of an account or mailing. The last digits of a UUIDv7 are random, so they select the
 * bucket. All ids of another form share one bucket.
 */
function bucketOf(subject: string): number {
  return Number.parseInt(subject.slice(-6), 16) || 0;
}
