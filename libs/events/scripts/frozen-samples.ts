/**
 * The frozen samples: records of every version of every event, as they were when that version was new. They are
 * written once, from the samples declared with the event, and must remain decodable. They are never rewritten.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { catalogue, type EventType, encode, eventTypes, type LatchkeyEvent } from '../src/index.ts';

const folder = new URL('../samples/', import.meta.url);

/** Returns a UUIDv7 derived from its argument alone. */
function sampleId(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex');
  return `01980d2e-6b00-7${hex.slice(0, 3)}-8${hex.slice(3, 6)}-${hex.slice(6, 18)}`;
}

function sampleRecord(type: EventType, title: string, data: Readonly<Record<string, unknown>>): object {
  const { version, subjectField } = catalogue[type];
  const seed = `${type}.v${version} ${title}`;
  const { key, headers, value } = encode({
    id: sampleId(seed),
    subject: data[subjectField],
    sequence: 1,
    time: '2026-01-01T09:30:00.000Z',
    correlationId: 'req-sample',
    causationId: sampleId(`cause of ${seed}`),
    type,
    data,
  } as LatchkeyEvent);
  return { key, headers, value: JSON.parse(value.toString('utf8')) };
}

function sampleFile(type: EventType): string {
  const records = Object.entries(catalogue[type].samples).map(([title, data]) => [
    title,
    sampleRecord(type, title, data),
  ]);
  return `${JSON.stringify(Object.fromEntries(records), null, 2)}\n`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Returns the missing sample files of current versions, by path, and the list of digests with their lines added. */
export function missingSamples(): readonly (readonly [path: string, text: string])[] {
  const files = eventTypes
    .map((type) => [`${type}.v${catalogue[type].version}.json`, type] as const)
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
