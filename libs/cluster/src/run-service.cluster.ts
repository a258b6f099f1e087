import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createKafkaBus } from '@latchkey/bus/kafka';
import { ensureIndexes, openMongo } from '@latchkey/mongo';
import { createOutageProxy } from './testing/outage-proxy.ts';

const PROBE = join(import.meta.dirname, 'testing/probe.ts');

function requireSetting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: these tests need a Kafka broker and a MongoDB.`);
  return value;
}

const [broker = ''] = requireSetting('KAFKA_BROKERS').split(',');
const mongoServer = new URL(requireSetting('MONGO_URL'));

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly port?: number;
  readonly operationsPort?: number;
}

interface Probe {
  readonly child: ChildProcess;
  readonly lines: readonly Line[];
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
  get(path: string): Promise<Response>;
  /** Sends a GET request for a path to the operations port. */
  operations(path: string): Promise<Response>;
}

/** Starts the service as a process, which is killed when the test ends. */
async function startProbe(t: TestContext, environment: Readonly<Record<string, string>>): Promise<Probe> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-cluster-'));
  const child = spawn(process.execPath, [PROBE], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  t.after(async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(folder, { recursive: true });
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  async function listening(): Promise<Line | undefined> {
    function line() {
      return lines.find(({ msg }) => msg === 'listening');
    }
    await until(async () => line() !== undefined || child.exitCode !== null);
    return line();
  }
  return {
    child,
    lines,
    stderr: () => stderr,
    exit,
    get: async (path) => fetch(`http://127.0.0.1:${(await listening())?.port}${path}`),
    operations: async (path) => fetch(`http://127.0.0.1:${(await listening())?.operationsPort}${path}`),
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(50);
}

async function isReady(probe: Probe): Promise<boolean> {
  return (await probe.operations('/readyz')).status === 200;
}
function countOf(probe: Probe, msg: string): number {
  return probe.lines.filter((line) => line.msg === msg).length;
}

/**
 * Creates a database and, if `partitions` is given, a topic. The database and the topic are removed after the
 * test.
 */
async function prepare(t: TestContext, made: { readonly partitions?: number; readonly indexed?: boolean }) {
  const topic = `probe-${randomUUID()}`;
  const url = new URL(mongoServer);
  url.pathname = `/latchkey_test_probe_${randomUUID().slice(0, 8)}`;
  const mongo = openMongo({ url: String(url) });
  await mongo.reached;
  const bus = createKafkaBus({
    brokers: [broker],
    clientId: 'test',
    logger: { warn: () => undefined },
    onFatal: (reason) => assert.fail(reason),
  });
  t.after(async () => {
    await mongo.connection.dropDatabase();
    await mongo.close();
    await bus.close();
  });
  const { partitions, indexed = true } = made;
  if (partitions !== undefined) await bus.ensureTopics([{ name: topic, partitions, retentionMs: -1 }]);
  if (indexed) {
    const index = { collection: 'things', name: 'name', keys: { name: 1 } } as const;
    await ensureIndexes(mongo.connection, [index]);
  }
  const environment = {
    KAFKA_BROKERS: broker,
    MONGO_URL: String(url),
    TOPIC: topic,
    LATCHKEY_ENV: 'development',
  };
  return { topic, mongo, bus, environment };
}

/** Returns the last line that a process logged. */
async function lastWords(probe: Probe): Promise<string> {
  assert.equal(await probe.exit, 1);
  const fatal = probe.lines.filter(({ level }) => level === 'fatal');
  assert.equal(fatal.length, 1, JSON.stringify(probe.lines));
  assert.ok(!('err' in (fatal[0] ?? {})), 'no stack');
  return fatal[0]?.msg ?? '';
}

describe('a service on its servers', () => {
  test('waits for both, continues by itself, survives an outage of MongoDB and stops in order', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const kafka = await createOutageProxy(broker);
    const mongo = await createOutageProxy(mongoServer.host);
    t.after(() => Promise.all([kafka.shut(), mongo.shut()]));
    const url = new URL(environment.MONGO_URL);
    url.port = String(mongo.port);
    url.searchParams.set('directConnection', 'true');
    const probe = await startProbe(t, {
      ...environment,
      KAFKA_BROKERS: `127.0.0.1:${kafka.port}`,
      MONGO_URL: String(url),
    });

    await until(
      async () => countOf(probe, 'waiting for mongodb') + countOf(probe, 'waiting for kafka') === 2,
    );
    const waiting = await probe.operations('/readyz');
    assert.equal(waiting.status, 503);
    const { state, dependencies } = (await waiting.json()) as {
      readonly state: string;
      readonly dependencies: readonly { name: string; state: string; detail: string }[];
    };
    assert.equal(state, 'starting');
    assert.match(dependencies.find(({ name }) => name === 'kafka')?.detail ?? '', /ECONNREFUSED/);
    assert.match(dependencies.find(({ name }) => name === 'mongodb')?.detail ?? '', /ECONNREFUSED/);
    const refused = await probe.get('/things');
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get('Retry-After') ?? '', /^\d+$/);
    assert.equal((await probe.operations('/livez')).status, 200);
    assert.equal((await probe.operations('/metrics')).status, 200);

    await kafka.open();
    await mongo.open();
    await until(() => isReady(probe));
    assert.equal((await probe.get('/things')).status, 200);
    for (const path of ['/livez', '/readyz', '/metrics'])
      assert.equal((await probe.get(path)).status, 404, `${path} is not public`);
    for (const name of ['kafka', 'mongodb']) {
      assert.equal(countOf(probe, `waiting for ${name}`), 1);
      assert.equal(countOf(probe, `the wait for ${name} is over`), 1);
    }

    await mongo.shut();
    const away = await probe.get('/things');
    assert.equal(away.status, 503);
    assert.equal(away.headers.get('Retry-After'), '1');
    assert.equal((await probe.operations('/readyz')).status, 503);
    await mongo.open();
    await until(() => isReady(probe));
    assert.equal((await probe.get('/things')).status, 200);

    probe.child.kill('SIGTERM');
    assert.equal(await probe.exit, 0);
    assert.equal(countOf(probe, 'stopped'), 1);
  });

  test('still answers while load balancers take it out, and does not wait after a second signal', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const probe = await startProbe(t, { ...environment, SHUTDOWN_DELAY_SECONDS: '300' });
    await until(() => isReady(probe));
    probe.child.kill('SIGTERM');
    await until(async () => !(await isReady(probe)));
    const { dependencies } = (await (await probe.operations('/readyz')).json()) as {
      readonly dependencies: readonly unknown[];
    };
    assert.deepEqual(dependencies.at(-1), {
      name: 'process',
      state: 'down',
      needed: true,
      detail: 'stopping',
    });
    assert.equal((await probe.get('/things')).status, 200);
    probe.child.kill('SIGTERM');
    assert.equal(await probe.exit, 1);
  });

  test('can be stopped while it waits', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const kafka = await createOutageProxy(broker);
    const probe = await startProbe(t, { ...environment, KAFKA_BROKERS: `127.0.0.1:${kafka.port}` });
    await until(async () => countOf(probe, 'waiting for kafka') === 1);
    probe.child.kill('SIGTERM');
    assert.equal(await probe.exit, 0);
    assert.equal(countOf(probe, 'stopped'), 0);
  });

  test('starts again if a server goes away during the start', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const probe = await startProbe(t, { ...environment, STUMBLES: '2' });
    await until(() => isReady(probe));
    assert.equal(countOf(probe, 'stopped'), 2);
    assert.match(await (await probe.operations('/metrics')).text(), /probe_total 0/);
  });
});

describe('a service that reads the log', () => {
  test('exits, and says why, if its handler never ends', async (t) => {
    const { environment, topic, bus } = await prepare(t, { partitions: 2 });
    await bus.publish(topic, [{ key: 'a', value: null, headers: {} }]);
    assert.match(
      await lastWords(await startProbe(t, { ...environment, HANDLER: 'hangs' })),
      new RegExp(
        `^The consumer of group ${topic} is stuck: for 2 s its handler has neither finished nor failed`,
      ),
    );
  });

  test('lives on while its handler fails, as it does while a store is down, and stops in order', async (t) => {
    const { environment, topic, bus } = await prepare(t, { partitions: 2 });
    await bus.publish(topic, [{ key: 'a', value: null, headers: {} }]);
    const probe = await startProbe(t, { ...environment, HANDLER: 'fails' });
    // A handler that keeps failing is logged only about twice a minute. The second log line therefore shows
    // that the time limit of handlers has passed and the process has not exited.
    await until(async () => countOf(probe, 'a batch of records failed and is retried') === 2);
    await until(() => isReady(probe));
    probe.child.kill('SIGTERM');
    assert.equal(await probe.exit, 0);
  });
});

describe('a fault that waiting does not repair ends the process with one line:', () => {
  test('a topic that is missing, and is not made', async (t) => {
    const { environment, topic, bus } = await prepare(t, {});
    assert.equal(
      await lastWords(await startProbe(t, environment)),
      `cannot start: KAFKA_BROKERS: Kafka lacks ${topic}, or this user may not see it. Run: npm run ops -- topics`,
    );
    await assert.rejects(bus.checkTopics([{ name: topic, partitions: 2, retentionMs: -1 }], 'x'), /lacks/);
  });

  test('a topic of another shape', async (t) => {
    const { environment, topic } = await prepare(t, { partitions: 1 });
    assert.match(
      await lastWords(await startProbe(t, environment)),
      new RegExp(`^cannot start: The topic ${topic} exists with partitions 1, not 2\\. `),
    );
  });

  test('an index that is missing, and is not made', async (t) => {
    const { environment, mongo } = await prepare(t, { partitions: 2, indexed: false });
    assert.equal(
      await lastWords(await startProbe(t, environment)),
      'cannot start: MONGO_URL: MongoDB lacks index name on collection things. Run: npm run ops -- indexes',
    );
    assert.deepEqual(await mongo.connection.db?.listCollections().toArray(), []);
  });

  test('a connection string that MongoDB cannot use', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const MONGO_URL = 'mongodb://ada:sesame@127.0.0.1/?noSuchOption=1';
    assert.equal(
      await lastWords(await startProbe(t, { ...environment, MONGO_URL })),
      'cannot start: MONGO_URL is not a usable MongoDB connection string: it has an option that the MongoDB driver does not know.',
    );
  });

  test('a port that is taken', async (t) => {
    const { environment } = await prepare(t, { partitions: 2 });
    const proxy = await createOutageProxy(broker);
    await proxy.open();
    t.after(() => proxy.shut());
    const words = await lastWords(await startProbe(t, { ...environment, PORT: String(proxy.port) }));
    assert.match(words, /^cannot start: port \d+ on 127\.0\.0\.1 is in use/);
  });

  test('settings that are missing or wrong, a line each', async (t) => {
    const probe = await startProbe(t, { PORT: 'x', KAFKA_SASL_USERNAME: 'ada', STUMBLES: '11' });
    assert.equal(await probe.exit, 1);
    assert.deepEqual(
      probe
        .stderr()
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0])
        .toSorted(),
      [
        'KAFKA_BROKERS',
        'KAFKA_SASL_MECHANISM',
        'KAFKA_SASL_PASSWORD',
        'MONGO_URL',
        'PORT',
        'STUMBLES',
        'TOPIC',
      ],
    );
  });
});
