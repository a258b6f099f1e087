/**
 * The maximum number of keys per query. With more keys, the server's query plan would become too large. Also,
 * every caller waits for the whole query, even though it needs only one of the keys.
 */
const MOST_KEYS = 50;

interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Creates a function that reads the value of one key, and combines the reads of all callers that call it
 * within one turn of the event loop into one query. A query costs as much CPU as the rest of a small request,
 * so under load, batching halves the cost of a request. A key is always read after it was requested, so a
 * caller sees all writes that were confirmed before its call.
 * @param read returns the values of up to 50 keys, in the order of the keys; if it rejects, the reads of all
 * these keys reject
 */
export function createBatchedReader<Key, Value>(
  read: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = [];

  function readWaiting(): void {
    const batch = waiting;
    waiting = [];
    for (let from = 0; from < batch.length; from += MOST_KEYS)
      void answer(batch.slice(from, from + MOST_KEYS));
  }

  async function answer(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await read(batch.map(({ key }) => key));
      if (values.length !== batch.length)
        throw new Error('a batch of reads must return a value for each key');
      for (const [index, value] of values.entries()) batch[index]?.resolve(value);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    // Node runs setImmediate after it has read all sockets that have data. The reads of all requests that
    // have just arrived are therefore combined.
    if (waiting.length === 0) setImmediate(readWaiting);
    waiting.push({ key, resolve, reject });
    return promise;
  };
}
