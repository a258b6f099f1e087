/**
 * Reads the frozen samples: the records of each event version, as they were written when the version was new.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isSecurityEventType, type RawRecord } from '../src/index.ts';

const folder = new URL('../samples/', import.meta.url);

export interface EventSample {
  /** The type of the sample's event, such as `UserRegistered`. */
  readonly type: string;
  readonly version: number;
  /** The title that the sample has in the declaration of its event. */
  readonly title: string;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>>;
}

const fileName = /^(?<type>[A-Za-z]+)\.v(?<version>\d+)\.json$/;

export const sampleFileNames: readonly string[] = readdirSync(folder).filter((name) => name !== 'SHA256SUMS');

function samplesIn(file: string): readonly EventSample[] {
  const { type, version } = fileName.exec(file)?.groups ?? {};
  if (type === undefined) throw new Error(`samples/${file} is not named <Type>.v<N>.json`);
  const records: Record<string, Pick<EventSample, 'key' | 'headers' | 'value'>> = JSON.parse(
    readFileSync(new URL(file, folder), 'utf8'),
  );
  return Object.entries(records).map(([title, record]) => ({
    type,
    version: Number(version),
    title,
    ...record,
  }));
}

const all: readonly EventSample[] = sampleFileNames.flatMap(samplesIn);

/** The frozen samples of all events except security events. */
export const eventSamples = all.filter(({ type }) => !isSecurityEventType(type));
export const securityEventSamples = all.filter(({ type }) => isSecurityEventType(type));

/** Returns a sample in the form in which it is read from a bus. */
export function createRecordOfSample({ key, headers, value }: EventSample): RawRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
  };
}

/** Returns the digest of each frozen file, in the format of `sha256sum`. */
export function readFrozenFileDigests(): ReadonlyMap<string, string> {
  const lines = readFileSync(new URL('SHA256SUMS', folder), 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

export function sha256OfFile(file: string): string {
  return createHash('sha256')
    .update(readFileSync(new URL(file, folder)))
    .digest('hex');
}
