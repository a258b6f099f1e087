import { createRequire } from 'node:module';

export interface KafkajsHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/** The part of kafkajs's decoder that is patched here; kafkajs publishes no type for it. */
export interface KafkajsHeaderDecoder {
  readVarIntArray(reader: (decoder: KafkajsHeaderDecoder) => KafkajsHeader): KafkajsHeader[];
}

const decoder: { readonly prototype: KafkajsHeaderDecoder } = createRequire(import.meta.url)(
  'kafkajs/src/protocol/decoder.js',
);
const { readVarIntArray } = decoder.prototype;

/**
 * Replaces kafkajs's O(n²) decoding of record headers with O(n) decoding, for every client in this process.
 * Without the replacement, a record with 10,000 headers blocks the event loop for about 30 s. The member then
 * loses its partitions, and the next member gets the same record. The replacement also decodes headers that
 * are named like a member of Object.prototype, such as `constructor`. Otherwise, the decoded headers are the
 * same. Idempotent.
 */
export function patchKafkajsHeaderDecoder(): void {
  // kafkajs calls this method only to read headers, and calls only `reduce` on the result.
  decoder.prototype.readVarIntArray = function readHeaders(reader) {
    const headers = readVarIntArray.call(this, reader);
    return Object.assign(headers, { reduce: () => byName(headers) });
  };
}

type Headers = Record<string, KafkajsHeader['value'] | KafkajsHeader['value'][]>;

/** Returns the headers by name. A repeated header has an array of its values, in order. */
function byName(headers: readonly KafkajsHeader[]): Headers {
  const values: Headers = {};
  for (const { key, value } of headers) {
    if (!Object.hasOwn(values, key)) addHeader(values, key, value);
    else {
      const earlier = values[key];
      if (Array.isArray(earlier)) earlier.push(value);
      else addHeader(values, key, [earlier ?? null, value]);
    }
  }
  return values;
}

function addHeader(headers: Headers, name: string, value: Headers[string]): void {
  // Do not assign to `__proto__`, because an assignment would replace the prototype of the object.
  if (name === '__proto__') Object.defineProperty(headers, name, { value, ...PLAIN_PROPERTY });
  else headers[name] = value;
}

const PLAIN_PROPERTY = { configurable: true, enumerable: true, writable: true };
