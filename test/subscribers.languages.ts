/**
 * `npm run test:subscribers`: builds the example subscribers in other programming languages, and tests each one against
 * the conformance kit and on the Kafka that KAFKA_BROKERS names. The test prints which languages it tested, and skips a
 * language whose tools are not installed.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { ACCOUNTS_TOPIC, decodeReceipt, RECEIPTS_TOPIC, type Receipt } from '@latchkey/events';
import { createTestEvents, type TestEvent } from '@latchkey/events/testing';
import { type EachMessagePayload, Kafka, logLevel } from 'kafkajs';
import {
  assertConformanceOutcome,
  type ConformanceCase,
  conformanceCases,
  runConformanceCase,
} from '../libs/events/scripts/conformance.ts';

interface Language {
  readonly name: string;
  /** Commands that succeed only if the tools of the language are installed. */
  readonly needs: readonly (readonly [string, ...string[]])[];
  readonly build?: readonly [string, ...string[]];
  readonly run: readonly [string, ...string[]];
}

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const built = await mkdtemp(join(tmpdir(), 'latchkey-subscribers-'));
after(() => rm(built, { recursive: true }));

const languages: readonly Language[] = [
  {
    name: 'go',
    needs: [['go', 'version']],
    build: ['go', 'build', '-o', join(built, 'subscriber'), '.'],
    run: [join(built, 'subscriber')],
  },
  {
    name: 'java',
    needs: [
      ['java', '-version'],
      ['mvn', '--version'],
    ],
    build: ['mvn', '-q', '-B', 'compile'],
    run: ['java', '-cp', 'target/classes:target/lib/*', 'Main'],
  },
  {
    name: 'python',
    needs: [['python3', '-c', 'import confluent_kafka, cryptography']],
    run: ['python3', 'subscriber.py'],
  },
];

const { KAFKA_BROKERS = '' } = process.env;
assert.ok(KAFKA_BROKERS, 'set KAFKA_BROKERS: host:port of a Kafka for tests');

const events = createTestEvents();
const forger = createTestEvents();
const kafka = new Kafka({
  brokers: KAFKA_BROKERS.split(','),
  clientId: 'subscribers',
  logLevel: logLevel.NOTHING,
});
const urlOfKeys = await serveKeys(() => events.jwks);

before(async () => {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    // Let the broker store records uncompressed, as on Latchkey's topics: the Go client compresses its records in a
    // format that kafkajs cannot read.
    topics: [ACCOUNTS_TOPIC, RECEIPTS_TOPIC].map((topic) => ({
      topic,
      numPartitions: 12,
      configEntries: [{ name: 'compression.type', value: 'uncompressed' }],
    })),
  });
  await admin.disconnect();
});

/** Serves a JWKS until the tests end. @param jwks called for each request @returns its URL */
async function serveKeys(jwks: () => object): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(jwks()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `http://127.0.0.1:${address.port}/`;
}

async function publish(records: readonly TestEvent[]): Promise<void> {
  const producer = kafka.producer();
  await producer.connect();
  for (const { record } of records) {
    const { key, value, headers } = record;
    // Write all events to one partition explicitly. Their keys contain the sequence and therefore differ, so
    // the client would distribute the events of an account over several partitions.
    await producer.send({ topic: ACCOUNTS_TOPIC, messages: [{ key, value, headers, partition: 0 }] });
  }
  await producer.disconnect();
}

/** Reads the receipts topic until it contains a receipt of the given account. */
async function receiptOf(account: string, t: TestContext): Promise<Receipt> {
  const consumer = kafka.consumer({ groupId: `receipts-${randomUUID()}` });
  t.after(() => consumer.disconnect());
  await consumer.connect();
  await consumer.subscribe({ topic: RECEIPTS_TOPIC, fromBeginning: true });
  return new Promise<Receipt>((resolve, reject) => {
    async function eachMessage({ message }: EachMessagePayload): Promise<void> {
      const receipt = decodeReceipt(message);
      if (receipt?.userId === account) resolve(receipt);
    }
    consumer.run({ eachMessage }).catch(reject);
  });
}

function missing({ needs }: Language): string | undefined {
  return needs.find(([program, ...words]) => spawnSync(program, words).status !== 0)?.join(' ');
}

for (const language of languages) {
  const fault = missing(language);
  console.log(`${language.name}: ${fault === undefined ? 'runs' : `is NOT run: \`${fault}\` fails`}`);
  if (fault !== undefined) continue;
  const cwd = join(root, 'examples/subscribers', language.name);
  const [program, ...words] = language.run;

  describe(`the subscriber in ${language.name}`, () => {
    before(async () => {
      const [builder, ...options] = language.build ?? ['true'];
      await run(builder, options, { cwd });
    });

    test('passes the conformance kit', async () => {
      for (const each of conformanceCases)
        assertConformanceOutcome(
          await runConformanceCase([program, ...words, '--stdin'], each.records, { cwd }),
          each,
        );
    });

    test('accepts the test vector of signatures, and no change of it', async () => {
      const vector = JSON.parse(
        await readFile(join(root, 'libs/events/vectors/chain.v1.json'), 'utf8'),
      ) as Vector;
      const env = { ...process.env, JWKS_URL: await serveKeys(() => vector.jwks) };
      async function positionAfter(records: Vector['records'], keyOf = idIn) {
        const texts = records.map(({ headers, value }) => ({ key: keyOf(headers) ?? null, headers, value }));
        const { accounts } = await runConformanceCase([program, ...words, '--stdin'], texts, { cwd, env });
        return accounts.map(({ sequence }) => sequence);
      }
      const [first] = vector.records;
      assert.ok(first);
      const changed = { ...first, value: first.value.replace('"de"', '"en"') };
      const unsigned = {
        ...first,
        headers: { ...first.headers, ce_signature: `vector-1.${'A'.repeat(86)}` },
      };
      const longer = { ...first, value: `${first.value} {}` };
      const whole = await positionAfter(vector.records);
      assert.ok(whole.length === 1 && (whole[0] ?? 0) >= 2, String(whole));
      assert.deepEqual(await positionAfter(vector.records, ownKeyIn), whole);
      assert.deepEqual(await positionAfter([changed, unsigned, longer]), []);
      assert.deepEqual(await positionAfter(vector.records, (headers) => `${idIn(headers)}/7`), []);
      assert.deepEqual(await positionAfter(vector.records, () => `${randomUUID()}/1`), []);
    });

    test('fetches the keys again for an unknown key id, once for several, so that auth may have a new key', async () => {
      const [published] = events.jwks.keys;
      let fetches = 0;
      const url = await serveKeys(() => {
        fetches += 1;
        return { keys: fetches === 1 ? [published] : [published, { ...published, kid: 'newer' }] };
      });
      const ada = events.account();
      const records = [
        textOf(ada.event('UserRegistered')),
        signedAs('newer', textOf(ada.event('AccountVerified'))),
        signedAs('unknown', textOf(ada.event('SessionsRevoked'))),
        signedAs('unknown-too', textOf(ada.event('SessionsRevoked'))),
      ];
      const env = { ...process.env, JWKS_URL: url };
      const { accounts } = await runConformanceCase([program, ...words, '--stdin'], records, { cwd, env });
      assert.deepEqual(accounts, [{ account: ada.id, sequence: 2, parked: null, username: 'ada' }]);
      assert.equal(fetches, 2);
    });

    test('on a broker: once, in order, with duplicates, a gap that heals, forged records and an erasure', {
      timeout: 300_000,
    }, async (t) => {
      const ada = events.account();
      const [first, second, third, fourth, fifth, erased] = [
        ada.event('UserRegistered'),
        ada.event('AccountVerified'),
        ada.event('SessionsRevoked'),
        ada.event('SessionsRevoked'),
        ada.event('SessionsRevoked'),
        ada.event('AccountErased'),
      ];
      const mallory = forger.account(ada.id);
      mallory.event('UserRegistered');
      const forged = mallory.event('SessionsRevoked');
      await publish([first, first, forged, second, fourth, third, second, fifth, erased]);
      const group = `${language.name}-${randomUUID()}`;
      const child = spawn(program, [...words, join(built, `${language.name}.db`)], {
        cwd,
        env: { ...process.env, JWKS_URL: urlOfKeys, KAFKA_GROUP: group },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const seen: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        if (line.startsWith(ada.id)) seen.push(line);
        if (line === `${ada.id} 6`) break;
      }
      const ended = once(child, 'exit');
      child.kill(language.name === 'python' ? 'SIGINT' : 'SIGTERM');
      await ended;
      assert.deepEqual(
        seen,
        [1, 2, 3, 4, 5, 6].map((sequence) => `${ada.id} ${sequence}`),
      );
      const { confirmedAt: _, ...receipt } = await receiptOf(ada.id, t);
      assert.deepEqual(receipt, { userId: ada.id, consumer: group, sequence: 6 });
    });
  });
}

function idIn(headers: Vector['records'][number]['headers']): string | undefined {
  return headers['ce_subject'];
}

function ownKeyIn(headers: Vector['records'][number]['headers']): string {
  return `${idIn(headers)}/${Number(headers['ce_sequence'])}`;
}

type TextRecord = ConformanceCase['records'][number];

function textOf({ record }: TestEvent): TextRecord {
  const { key, value, headers } = record;
  const texts = Object.entries(headers).map(([name, text]) => [name, String(text)] as const);
  return { key: String(key), value: String(value), headers: Object.fromEntries(texts) };
}

/**
 * Returns a copy of a record that names a different signing key, but still has the signature of the test key.
 */
function signedAs(kid: string, record: TextRecord): TextRecord {
  const [, signature = ''] = record.headers['ce_signature']?.split('.') ?? [];
  return { ...record, headers: { ...record.headers, ce_signature: `${kid}.${signature}` } };
}

interface Vector {
  readonly jwks: object;
  readonly records: readonly {
    readonly headers: Readonly<Record<string, string>>;
    readonly value: string;
  }[];
}
