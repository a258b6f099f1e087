/**
 * Verifies events before they reach a consumer that is catching up. Reads the log ahead of the consumer, and
 * verifies one signature per account. This suffices, because a signature covers the hash of its event, and
 * this hash includes the hash of the previous event. The cost therefore does not depend on how the events of
 * different accounts are interleaved.
 */
import type { Bus, BusRecord, LogTail } from '@latchkey/bus';
import { type EventProof, keyIdOf, readLinkedProof, verifySignature } from '@latchkey/events';
import type { EventKeySource } from './event-key-source.ts';

export interface SignatureLookAhead {
  /**
   * Returns the hashes of the given records whose signatures are already verified. The records must be
   * consecutive. The result may also contain hashes of other records. The result is empty near the end of
   * the log, and while the log or the keys cannot be read. The consumer itself must verify the signature of
   * each record whose hash is not in the result.
   */
  verifiedHashes(records: readonly BusRecord[]): Promise<ReadonlySet<string>>;
}

export interface SignatureLookAheadOptions {
  readonly log: Pick<Bus, 'tail'>;
  readonly keys: EventKeySource;
  /** How many records to read ahead, per partition. Each takes about 100 bytes of memory. Default: 20,000. */
  readonly records?: number;
  /** A consumer counts as catching up if it lags by at least this many records. Default: 1,000. */
  readonly leastBehind?: number;
}

/** The records of a partition that were read ahead. */
interface Window {
  readonly start: number;
  /** The offset after the last record of the window. */
  readonly end: number;
  readonly hashes: ReadonlySet<string>;
}

/** Consecutive events of one account. The signature of the last event covers all of these events. */
interface Run {
  readonly last: EventProof;
  readonly hashes: string[];
}

const NO_HASHES: ReadonlySet<string> = new Set();
const RECORDS_PER_READ = 500;
/**
 * A consumer counts as near the end of the log if a slice has fewer records than `leastBehind` divided by
 * this number.
 */
const LEAST_SLICE_PART = 10;

/**
 * Creates a look-ahead for one consumer. Consumers at different offsets must not share a look-ahead, because
 * it would read the same records again and again.
 */
export function createSignatureLookAhead({
  log,
  keys,
  records: size = 20_000,
  leastBehind = 1000,
}: SignatureLookAheadOptions): SignatureLookAhead {
  const windows = new Map<string, Window>();
  const tails = new Map<string, Promise<LogTail>>();

  function tailOf(topic: string): Promise<LogTail> {
    const tail = tails.get(topic) ?? log.tail(topic);
    tails.set(topic, tail);
    tail.catch(() => tails.delete(topic));
    return tail;
  }

  async function read(tail: LogTail, partition: number, start: number): Promise<Window> {
    const runs = new Map<string, Run>();
    let at = start;
    for (let count = 0; count < size; ) {
      const batch = await tail.read(partition, at, Math.min(RECORDS_PER_READ, size - count));
      const last = batch.at(-1);
      if (last === undefined) break;
      for (const record of batch) addToRuns(runs, readLinkedProof(record));
      count += batch.length;
      at = last.offset + 1;
      // Let other work run first. A log in the same process responds immediately, so reading the whole window
      // would block the event loop.
      await new Promise((resolve) => void setImmediate(resolve));
    }
    return { start, end: at, hashes: await verifyRuns([...runs.values()], keys) };
  }

  async function findVerified(records: readonly BusRecord[]): Promise<ReadonlySet<string>> {
    const [first, last] = [records[0], records.at(-1)];
    if (first === undefined || last === undefined) return NO_HASHES;
    const { topic, partition } = first;
    const place = `${topic}/${partition}`;
    const known = windows.get(place);
    if (known !== undefined && known.start <= first.offset && last.offset < known.end) return known.hashes;
    windows.delete(place);
    if (records.length < leastBehind / LEAST_SLICE_PART) return NO_HASHES;
    const tail = await tailOf(topic);
    const range = (await tail.ranges()).find((each) => each.partition === partition);
    if (range === undefined || range.end - first.offset < leastBehind) return NO_HASHES;
    // The log no longer contains the first of these records, so it cannot be read from this position.
    if (first.offset < range.start) return NO_HASHES;
    const window = await read(tail, partition, first.offset);
    windows.set(place, window);
    return window.hashes;
  }

  return { verifiedHashes: (records) => findVerified(records).catch(() => NO_HASHES) };
}

/**
 * Appends an event to the run that ends with the event's predecessor. Ignores a record that does not match
 * its hash. The hash covers only a digest of the personal data, so forged personal data is not noticed
 * here. Before the consumer applies the event, it checks both the personal data and the hash.
 */
function addToRuns(runs: Map<string, Run>, proof: EventProof | undefined): void {
  if (proof === undefined || runs.has(proof.hash)) return;
  const { previous } = proof;
  const run = previous === undefined ? undefined : runs.get(previous);
  if (run !== undefined) runs.delete(run.last.hash);
  const hashes = run?.hashes ?? [];
  hashes.push(proof.hash);
  runs.set(proof.hash, { last: proof, hashes });
}

/**
 * How many signatures are verified in one batch. Without batches, verifying would cost a fifth more, because
 * each signature would have to wake up a thread. Password hashes use the same threads, and wait for a batch
 * at most a millisecond.
 */
const SIGNATURES_AT_ONCE = 16;

/**
 * Verifies the signatures of all items, several at the same time.
 * @param verify verifies the signature of one item
 */
export async function verifySignaturesConcurrently<Item>(
  items: readonly Item[],
  verify: (item: Item) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += SIGNATURES_AT_ONCE)
    await Promise.all(items.slice(at, at + SIGNATURES_AT_ONCE).map(verify));
}

/**
 * Returns the hashes of all events in the runs whose last event has a valid signature. In the other runs, the
 * consumer must verify each event itself, because genuine events may precede a forged one.
 */
async function verifyRuns(runs: readonly Run[], keys: EventKeySource): Promise<ReadonlySet<string>> {
  const kids = new Set(runs.flatMap(({ last }) => keyIdOf(last.signature) ?? []));
  if (kids.size === 0) return NO_HASHES;
  const known = await keys.find([...kids]);
  const genuine = new Set<string>();
  async function check({ last, hashes }: Run): Promise<void> {
    const key = known.get(keyIdOf(last.signature) ?? '');
    if (key === undefined || !(await verifySignature(key, last.hash, last.signature))) return;
    for (const hash of hashes) genuine.add(hash);
  }
  await verifySignaturesConcurrently(runs, check);
  return genuine;
}
