/**
 * Loads data that release 0.1 has written (see test/fixtures/data-0.1/README.md): into a data folder, or into Kafka and
 * MongoDB.
 */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Admin, Kafka, logLevel, type Message, Partitioners, type Producer } from 'kafkajs';
import { BSON, type Document, type IndexDescription, MongoClient } from 'mongodb';
import { setCleanupPolicy } from './cleanup-policy.ts';
import { createShiftedClockSettings } from './programs.ts';
import type { Settings } from './system.ts';

export interface FixtureAccount {
  readonly name: string;
  readonly email: string;
  /** The password of the account. The field is not named `password`, because secret scanners report that name. */
  readonly signIn: string;
  readonly formerSignIn?: string;
  readonly role?: string;
  /** The id of the account. Absent if the sign-up created no account because the address was already in use. */
  readonly id?: string;
  /** The expected status of the response to a login with the password in `signIn`. */
  readonly logIn: number;
  /** The expected response of `/users/me`: a profile, or only a status. */
  readonly profile?: Readonly<Record<string, unknown>> | number;
  /**
   * The refresh tokens of the account with their states. A token that is `used up` was already exchanged: if
   * a test sends it, all sessions of the account end.
   */
  readonly sessions?: readonly { readonly session: string; readonly is: 'current' | 'ended' | 'used up' }[];
  readonly verificationLink?: string;
  readonly supersededLink?: string;
  readonly resetLink?: string;
  /** The types of the account's events, in order. */
  readonly history?: readonly string[];
}

/** The expected output of ops commands. */
export interface ExpectedOpsOutput {
  readonly parked: readonly { readonly account: string; readonly record: string; readonly cause: string }[];
  readonly deadLetters: readonly {
    readonly letter: string;
    readonly group: string;
    readonly record: string;
    readonly cause: string;
  }[];
  /** The number of deliveries by state and kind of mail, for example `"sent welcome": 3`. */
  readonly deliveries: Readonly<Record<string, number>>;
  readonly findings: readonly { readonly kind: string; readonly subject: string }[];
}

export interface FixtureManifest {
  readonly madeAt: string;
  readonly accounts: readonly FixtureAccount[];
  readonly owedMails: readonly { readonly to: string; readonly mail: string }[];
  readonly folder: ExpectedOpsOutput;
  readonly cluster: ExpectedOpsOutput;
}

const FIXTURE = join(import.meta.dirname, '..', 'fixtures', 'data-0.1');
/**
 * How long after the fixture was created the shifted clocks begin, in ms. At that time, the links and
 * sessions in the fixture are still valid.
 */
const OPENED_AFTER_MS = 10 * 60_000;

async function unpacked(name: string): Promise<Buffer> {
  return gunzipSync(await readFile(join(FIXTURE, `${name}.gz`)));
}

async function linesOf<Line>(name: string): Promise<readonly Line[]> {
  const lines = (await unpacked(name)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => BSON.EJSON.parse(line, { relaxed: false }));
}

export async function readFixtureManifest(): Promise<FixtureManifest> {
  return JSON.parse(await readFile(join(FIXTURE, 'manifest.json'), 'utf8'));
}

/** Returns settings that make the clock of a process start ten minutes after the fixture was made. */
export function createSettingsForFixtureTime({ madeAt }: FixtureManifest): Settings {
  return createShiftedClockSettings(Date.parse(madeAt) + OPENED_AFTER_MS - Date.now());
}

/** Unpacks the data folder of the fixture into a temporary folder, which the caller must delete. @returns its path */
export async function unpackFixtureFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  for (const name of ['latchkey.sqlite', 'secrets.json'])
    await writeFile(join(folder, name), await unpacked(name), { mode: 0o600 });
  return folder;
}

/**
 * Writes the keys of the fixture to files in a folder.
 * @returns the settings that name these files
 */
export async function unpackFixtureKeys(folder: string): Promise<Settings> {
  const keys: Readonly<Record<string, string>> = JSON.parse(
    (await unpacked('secrets.json')).toString('utf8'),
  );
  await mkdir(folder, { recursive: true });
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(keys)) {
    settings[`${name}_FILE`] = join(folder, name);
    await writeFile(join(folder, name), value, { mode: 0o600 });
  }
  return settings;
}

type MongoLine =
  | { readonly collection: string; readonly indexes: readonly IndexDescription[] }
  | { readonly document: Document };

/** Replaces the database that the connection string names by the database of the fixture, including its indexes. */
export async function loadMongoFixture(url: string): Promise<void> {
  const client = await MongoClient.connect(url);
  const db = client.db();
  await db.dropDatabase();
  let name = '';
  for (const line of await linesOf<MongoLine>('mongo.ndjson')) {
    if ('document' in line) {
      await db.collection(name).insertOne(line.document);
      continue;
    }
    name = line.collection;
    await db.createCollection(name);
    if (line.indexes.length > 0) await db.collection(name).createIndexes([...line.indexes]);
  }
  await client.close();
}

type Base64 = string | null;

type KafkaLine =
  | { readonly topic: string; readonly partitions: number }
  | {
      readonly record: {
        readonly topic: string;
        readonly partition: number;
        readonly key: Base64;
        readonly value: Base64;
        readonly headers: Readonly<Record<string, string | string[]>>;
      };
    }
  | {
      readonly group: string;
      readonly topic: string;
      readonly offsets: { readonly partition: number; readonly offset: string }[];
    };

function bytesOf(text: Base64): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}

function headerOf(given: string | readonly string[]): Buffer | Buffer[] {
  return typeof given === 'string'
    ? Buffer.from(given, 'base64')
    : given.map((one) => Buffer.from(one, 'base64'));
}

/**
 * Writes the records of the fixture to Kafka, and the positions of its consumer groups. Topics that already
 * exist must be empty. Compaction is turned off on the topics, because release 0.1 had no compacted topics.
 * The records get today's date, because the broker could delete records that are older than the retention
 * time.
 */
export async function loadKafkaFixture(brokers: string): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'fixture', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await Promise.all([admin.connect(), producer.connect()]);
  try {
    await writeRecords(admin, producer);
  } finally {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
  }
}

async function writeRecords(admin: Admin, producer: Producer): Promise<void> {
  const lines = await linesOf<KafkaLine>('kafka.ndjson');
  const existing = await admin.listTopics();

  const messages = new Map<string, Message[]>();
  const positions: Extract<KafkaLine, { group: string }>[] = [];
  for (const line of lines) {
    if ('record' in line) {
      const { topic, partition, key, value, headers } = line.record;
      messages.get(topic)?.push({
        partition,
        key: bytesOf(key),
        value: bytesOf(value),
        headers: Object.fromEntries(
          Object.entries(headers).map(([header, given]) => [header, headerOf(given)]),
        ),
      });
    } else if ('group' in line) {
      positions.push(line);
    } else {
      messages.set(line.topic, []);
      if (existing.includes(line.topic)) await setCleanupPolicy(admin, line.topic, 'delete');
      else await admin.createTopics({ topics: [{ topic: line.topic, numPartitions: line.partitions }] });
    }
  }
  for (const [topic, list] of messages)
    if (list.length > 0) await producer.send({ topic, acks: -1, messages: list });
  for (const { group, topic, offsets } of positions)
    await admin.setOffsets({ groupId: group, topic, partitions: offsets });
}
