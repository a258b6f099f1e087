/**
 * kafkajs gathers the headers of a record by copying all that it has for each one more. A record has room for a
 * hundred thousand: with ten thousand, nothing else runs in the process for half a minute, the group deals its
 * partitions anew, and the next member does the same. And a header that is called as a member of every object is
 * (`constructor`) counts as one that came before. This gathers them in one go, to the same object but for that.
 * Whoever uses kafkajs in this process is better off.
 */
import Decoder from 'kafkajs/src/protocol/decoder.js';

type Value = Decoder.Header['value'];

/** A header that came more than once has its values in order. */
function gather(headers: readonly Decoder.Header[]): Readonly<Record<string, Value | readonly Value[]>> {
  const values = new Map<string, Value[]>();
  for (const { key, value } of headers) {
    const earlier = values.get(key);
    if (earlier === undefined) values.set(key, [value]);
    else earlier.push(value);
  }
  return Object.fromEntries(
    Array.from(values, ([key, all]) => [key, all.length === 1 ? (all[0] ?? null) : all]),
  );
}

const { readVarIntArray } = Decoder.prototype;

/** Headers alone are read by it, and all that is done with them is one `reduce`. */
Decoder.prototype.readVarIntArray = function readHeaders(reader) {
  const headers = readVarIntArray.call(this, reader);
  return Object.assign(headers, { reduce: () => gather(headers) });
};
