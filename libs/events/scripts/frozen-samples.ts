/**
 * Writes the frozen samples: one file per version of every event. A file contains records in the form that
 * was current when the version was new. It is written once, from the samples in the event's declaration, and
 * never changed. All later releases must be able to decode these records.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  catalogue,
  type EncodedSecurityEvent,
  type EventType,
  encode,
  encodeSecurityEvent,
  eventTypes,
  isEventType,
  type LatchkeyEvent,
  type SecurityEvent,
  type SecurityEventType,
  securityCatalogue,
  securityEventTypes,
} from '../src/index.ts';

const folder = new URL('../samples/', import.meta.url);

/** Returns a UUIDv7 that depends only on the seed, so that each run writes the same samples. */
function sampleId(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `01980d2e-6b00-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

const TIME = '2026-01-01T09:30:00.000Z';
const CORRELATION_ID = 'req-sample';

type Data = Readonly<Record<string, unknown>>;

function eventRecord(type: EventType, seed: string, data: Data): EncodedRecord {
  return encode({
    id: sampleId(seed),
    subject: data[catalogue[type].subjectField],
    sequence: 1,
    time: TIME,
    correlationId: CORRELATION_ID,
    causationId: sampleId(`cause of ${seed}`),
    type,
    data,
  } as LatchkeyEvent);
}

function securityRecord(type: SecurityEventType, seed: string, data: Data): EncodedRecord {
  const envelope = { id: sampleId(seed), time: TIME, correlationId: CORRELATION_ID };
  return encodeSecurityEvent({ ...envelope, type, data } as SecurityEvent);
}

type EncodedRecord = Pick<EncodedSecurityEvent, 'key' | 'headers' | 'value'>;
type AnyType = EventType | SecurityEventType;

const contracts = { ...catalogue, ...securityCatalogue };

/** Every type of event with its current version. */
export const eventTypesWithVersions: readonly (readonly [type: AnyType, version: number])[] = [
  ...eventTypes,
  ...securityEventTypes,
].map((type) => [type, contracts[type].version]);

function sampleRecord(type: AnyType, title: string, data: Data): object {
  const seed = `${type}.v${contracts[type].version} ${title}`;
  const { key, headers, value } = isEventType(type)
    ? eventRecord(type, seed, data)
    : securityRecord(type, seed, data);
  return { key, headers, value: JSON.parse(value.toString('utf8')) };
}

function sampleFile(type: AnyType): string {
  const records = Object.entries(contracts[type].samples).map(([title, data]) => [
    title,
    sampleRecord(type, title, data),
  ]);
  return `${JSON.stringify(Object.fromEntries(records), null, 2)}\n`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Returns the files to write, with their texts: a sample file for each current version that has none yet, and
 * the list of digests with a line for each new file.
 */
export function findMissingSampleFiles(): readonly (readonly [path: string, text: string])[] {
  const files = eventTypesWithVersions
    .map(([type, version]) => [`${type}.v${version}.json`, type] as const)
    .filter(([file]) => !existsSync(new URL(file, folder)))
    .map(([file, type]) => [file, sampleFile(type)] as const);
  if (files.length === 0) return [];
  const sums = readFileSync(new URL('SHA256SUMS', folder), 'utf8');
  const added = files.map(([file, text]) => `${digest(text)}  ${file}\n`);
  return [
    ...files.map(([file, text]) => [`libs/events/samples/${file}`, text] as const),
    ['libs/events/samples/SHA256SUMS', sums + added.join('')],
  ];
}
