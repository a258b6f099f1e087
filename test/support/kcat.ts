/** Reads a topic with kcat, a Kafka client that contains none of our code (Debian: apt-get install kcat). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface KcatRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The value of the record as text, because our topics contain JSON. */
  readonly payload: string | null;
}

/**
 * Returns the id of the account or mailing that a record belongs to: the part of its key before the slash.
 */
export function getStreamId({ key }: Pick<KcatRecord, 'key'>): string {
  return key?.split('/')[0] ?? '';
}

/** Whether a record is a heartbeat, an empty record that auth writes to a topic. A heartbeat is not an event. */
export function isHeartbeat({ key }: Pick<KcatRecord, 'key'>): boolean {
  return key?.endsWith('/heartbeat') ?? false;
}

/** Returns all records of a topic, sorted by partition and offset. @throws Error if kcat is not installed */
export function readTopic(brokers: string, topic: string): Promise<readonly KcatRecord[]> {
  return read(brokers, topic, ['-o', 'beginning']);
}

/**
 * Returns the last `count` records of each partition of a topic.
 * @throws Error if kcat is not installed, or takes longer than `withinMs`
 */
export function readTopicTail(
  brokers: string,
  topic: string,
  { count, withinMs }: { readonly count: number; readonly withinMs: number },
): Promise<readonly KcatRecord[]> {
  return read(brokers, topic, ['-o', `-${count}`], withinMs);
}

/**
 * Returns all records of a partition.
 * @throws Error if kcat is not installed, or takes too long
 */
export function readPartition(
  brokers: string,
  topic: string,
  { partition, withinMs }: { readonly partition: number; readonly withinMs: number },
): Promise<readonly KcatRecord[]> {
  return read(brokers, topic, ['-o', 'beginning', '-p', String(partition)], withinMs);
}

async function read(
  brokers: string,
  topic: string,
  which: readonly string[],
  timeout?: number,
): Promise<readonly KcatRecord[]> {
  const words = ['-C', '-b', brokers, '-t', topic, ...which, '-e', '-q', '-J'];
  const kcat = spawn('kcat', words, { stdio: ['ignore', 'pipe', 'pipe'], timeout });
  const closed = once(kcat, 'close').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error('there is no kcat: apt-get install kcat') : error;
  });
  const [records, complaints, [code]] = await Promise.all([
    recordsIn(kcat.stdout),
    text(kcat.stderr),
    closed,
  ]);
  if (code !== 0) throw new Error(`kcat ended with ${code}: ${complaints}`);
  return records;
}

/**
 * Parses the output line by line. As a single string, the output for a large topic would exceed the maximum
 * length of a string.
 */
async function recordsIn(stdout: Readable): Promise<readonly KcatRecord[]> {
  const records: KcatRecord[] = [];
  let rest = '';
  for await (const chunk of stdout.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) records.push(recordIn(line));
  }
  return records;
}

function recordIn(line: string): KcatRecord {
  const { partition, offset, key, headers = [], payload } = JSON.parse(line);
  return { partition, offset, key, headers: pairs(headers), payload };
}

/**
 * Converts the headers of a record to an object. kcat prints the headers as one array in which names and
 * values alternate.
 */
function pairs(flat: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])),
  );
}
