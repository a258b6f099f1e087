import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { BusRecord, OutgoingRecord } from '../bus.ts';

/** An upper limit of the bytes that a record needs in addition to its key, value and headers. */
const OVERHEAD_BYTES = 64;

/**
 * Converts a record for kafkajs. The headers are passed without a copy: kafkajs does not change them,
 * although its types require mutable headers.
 */
export function toKafkaMessage({ key, value, headers }: OutgoingRecord): Message {
  return {
    key,
    value,
    headers: headers as IHeaders,
  };
}

export function toBusRecord(topic: string, partition: number, message: KafkaMessage): BusRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: new Date(Number(message.timestamp)),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers ?? {}),
  };
}

/**
 * Converts headers without copying their bytes. A header without a value, which Kafka allows, gets an empty
 * value.
 */
function toHeaders(headers: IHeaders): BusRecord['headers'] {
  if (areBuffers(headers)) return headers;
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [
      name,
      Array.isArray(values) ? values.map(toBytes) : toBytes(values),
    ]),
  );
}

/**
 * Returns whether every header has exactly one value. Most records have only such headers, which need no
 * conversion.
 */
function areBuffers(headers: IHeaders): headers is Record<string, Buffer> {
  for (const name in headers) if (!Buffer.isBuffer(headers[name])) return false;
  return true;
}

function toBytes(value: Buffer | string | null | undefined): Buffer {
  return Buffer.isBuffer(value) ? value : Buffer.from(value ?? '');
}

type HeaderValues = OutgoingRecord['headers'][string];

function isMany(values: HeaderValues | undefined): values is readonly (string | Buffer)[] {
  return Array.isArray(values);
}

/**
 * Splits records into batches of at most `maxBatchBytes` bytes, in order. A record that is larger gets a
 * batch of its own. Without this, kafkajs would put all records for one partition into one batch, and a
 * broker rejects a batch that is larger than the topic's `max.message.bytes`.
 */
export function splitIntoBatches(
  records: readonly OutgoingRecord[],
  maxBatchBytes: number,
): OutgoingRecord[][] {
  const runs: OutgoingRecord[][] = [];
  let remainingBytes = 0;
  for (const record of records) {
    const size = sizeOf(record);
    const run = runs.at(-1);
    if (run && size <= remainingBytes) run.push(record);
    else runs.push([record]);
    remainingBytes = (run && size <= remainingBytes ? remainingBytes : maxBatchBytes) - size;
  }
  return runs;
}

function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let size = OVERHEAD_BYTES + lengthOf(key) + lengthOf(value);
  for (const name in headers) {
    const values = headers[name];
    for (const each of isMany(values) ? values : [values]) size += lengthOf(name) + lengthOf(each);
  }
  return size;
}

function lengthOf(part: string | Buffer | null | undefined): number {
  return part === null || part === undefined ? 0 : Buffer.byteLength(part);
}
