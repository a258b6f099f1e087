/** A topic as kcat reads it, a client that has nothing of ours in it (Debian: apt-get install kcat). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface SeenRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** As text: our topics hold JSON. */
  readonly payload: string | null;
}

const LARGEST_TOPIC_BYTES = 64 * 1024 * 1024;

/** All records of a topic, in the order of their offsets within a partition. @throws Error if there is no kcat */
export async function readTopic(brokers: string, topic: string): Promise<readonly SeenRecord[]> {
  const words = ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-e', '-q', '-J'];
  const { stdout } = await promisify(execFile)('kcat', words, { maxBuffer: LARGEST_TOPIC_BYTES }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Error('there is no kcat: apt-get install kcat') : error;
    },
  );
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const { partition, offset, key, headers = [], payload } = JSON.parse(line);
    return { partition, offset, key, headers: pairs(headers), payload };
  });
}

/** kcat lists name, value, name, value. */
const pairs = (flat: readonly string[]): Record<string, string> =>
  Object.fromEntries(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])));
