/**
 * A system on the Kafka and MongoDB that KAFKA_BROKERS and MONGO_URL name: any number of processes of each service
 * behind one address. The broker must be for tests only (see test-broker.ts); in MongoDB a database is created and
 * dropped. Mails go to a server of the tests or, if MAIL_SERVER is set, to that server, and are read at
 * MAILBOX_URL.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SASLOptions } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { freePort } from './free-port.ts';
import { openFront } from './front.ts';
import { serveMails } from './mailpit.ts';
import { withDatabase } from './mongo-url.ts';
import { mainOf, OPS, ROOMY, SHORT_WAITS } from './programs.ts';
import { type ServerProcess, serverProcess } from './server-process.ts';
import { createMailServer, type MailServer } from './smtp.ts';
import type { Settings, System } from './system.ts';
import { claimBroker, clearBroker } from './test-broker.ts';

/** In start order: consumers of the log before its producer. */
export const services = ['user', 'notifier', 'auth'] as const;
export type ServiceName = (typeof services)[number];

/** The secrets that each service may have. */
const secretsOf: Readonly<Record<ServiceName, readonly string[]>> = {
  user: [],
  notifier: ['SEALING_PRIVATE_KEYS'],
  auth: ['SIGNING_KEYS', 'EVENT_SIGNING_KEYS', 'SEALING_PUBLIC_KEY', 'PASSWORD_SALT_KEY', 'REFRESH_KEY'],
};

export type Stores = NonNullable<System['stores']>;

export interface ClusterOptions {
  /** Default: the servers that the environment names. */
  readonly servers?: Stores;
  /** How a user who may do anything logs in to Kafka. Default: nobody needs to. */
  readonly kafkaAdmin?: SASLOptions;
  /** Additional settings of ops commands. */
  readonly opsSettings?: Settings;
  /** How many processes of each service; default two. */
  readonly instances?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Whether the load balancer skips instances whose /readyz is not 200. Default: it does not ask. */
  readonly healthChecks?: boolean;
  /** Additional settings of a process, given the system's own stores; they take precedence. */
  readonly settingsOn?: (stores: Stores, service: ServiceName) => Settings;
  /** Additional settings of one process, by its index from 0; they take precedence over all others. */
  readonly settingsOfEach?: (service: ServiceName, index: number) => Settings;
}

/** Returns what tests call a process: `auth-1`. */
export function nameOfInstance(service: ServiceName, index: number): string {
  return `${service}-${index + 1}`;
}

export interface Cluster extends System {
  readonly instances: Readonly<Record<ServiceName, readonly ServerProcess[]>>;
  readonly stores: Stores;
  /** The mail server of the tests, unless MAIL_SERVER names another. */
  readonly mails: MailServer;
  /** Returns the settings of every process of a service. */
  settingsOf(service: ServiceName): Settings;
  /** Starts every process, without waiting for it. */
  launch(): void;
  /** Prepares one more process of a service, which gets no requests. Whoever asks for it ends it. */
  another(service: ServiceName, settings?: Settings): Promise<ServerProcess>;
  /** The settings of operators' commands. */
  readonly opsSettings: Settings;
  /** Returns operators' commands with other settings. */
  opsWith(settings: Settings): System['ops'];
  /** Returns the name of the process with this origin. */
  nameOf(origin: string): string | undefined;
}

/** Starts a system, and resolves once it is ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await prepareCluster(options);
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Prepares a system, without starting its processes. */
export async function prepareCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const servers = options.servers ?? givenServers();
  await claimBroker(servers.KAFKA_BROKERS, options.kafkaAdmin);
  const store = emptyStore(servers.MONGO_URL);
  const stores = { KAFKA_BROKERS: servers.KAFKA_BROKERS, MONGO_URL: store.url };
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const opsSettings = {
    ...stores,
    EVENT_SIGNING_KEYS_FILE: join(folder, 'EVENT_SIGNING_KEYS'),
    ...options.opsSettings,
  };
  const ops = opsOn(opsSettings);
  await opsOn(stores)('secrets', folder);
  await Promise.all([ops('topics'), ops('indexes')]);

  const mail = await openMail();
  const port = await freePort();
  function settingsOf(service: ServiceName): Settings {
    return {
      LATCHKEY_ENV: 'development',
      LOG_LEVEL: 'info',
      PUBLIC_URL: `http://localhost:${port}`,
      TRUSTED_PROXIES: '127.0.0.1/32',
      ...ROOMY,
      ...SHORT_WAITS,
      ...stores,
      ...mail.settings,
      ...Object.fromEntries(secretsOf[service].map((name) => [`${name}_FILE`, join(folder, name)])),
      ...options.settingsOn?.(stores, service),
    };
  }
  function some(service: ServiceName, others: Settings = {}) {
    const settings = { ...others, ...settingsOf(service) };
    return Promise.all(
      Array.from({ length: options.instances?.[service] ?? 2 }, (_, index) =>
        oneOf(service, { ...settings, ...options.settingsOfEach?.(service, index) }),
      ),
    );
  }
  const notifier = await some('notifier');
  const NOTIFIER_URL = notifier[0]?.url ?? '';
  const instances = { user: await some('user'), notifier, auth: await some('auth', { NOTIFIER_URL }) };
  const all = services.flatMap((service) => instances[service]);
  const names = new Map(
    services.flatMap((service) =>
      instances[service].map(({ url }, index) => [url, nameOfInstance(service, index)] as const),
    ),
  );
  const front = await openFront({
    port,
    routing: (path) =>
      instances[/^\/api\/v1\/(users|events|webhooks)/.test(path) ? 'user' : 'auth'].map(({ url }) => url),
    checked: options.healthChecks === true ? [...instances.user, ...instances.auth] : [],
  });
  function endAll(signal: NodeJS.Signals) {
    return Promise.all(all.map((instance) => instance.end(signal)));
  }
  function launch() {
    for (const instance of all) instance.launch();
  }

  return {
    url: front.url,
    mailbox: mail.url,
    mails: mail.server,
    stores,
    instances,
    settingsOf,
    nameOf: (origin) => names.get(origin),
    another: (service, settings) => oneOf(service, { ...settingsOf(service), ...settings }),
    opsSettings,
    opsWith: opsOn,
    output: () => all.map((instance) => instance.output()).join(''),
    ops,
    launch,
    start: async () => {
      launch();
      await Promise.all(all.map((instance) => instance.ready()));
    },
    kill: async () => void (await endAll('SIGKILL')),
    stop: async () => {
      await endAll('SIGTERM');
      await front.close();
      await mail.close();
      await clearBroker(servers.KAFKA_BROKERS, options.kafkaAdmin);
      await store.drop();
      await rm(folder, { recursive: true });
    },
  };
}

function givenServers(): Stores {
  const { KAFKA_BROKERS, MONGO_URL } = process.env;
  if (KAFKA_BROKERS && MONGO_URL) return { KAFKA_BROKERS, MONGO_URL };
  throw new Error('KAFKA_BROKERS and MONGO_URL must be set: these tests need a Kafka and a MongoDB');
}

/** A database that nobody else uses. */
function emptyStore(server: string) {
  const url = withDatabase(server, `latchkey_test_${randomBytes(4).toString('hex')}`);
  return {
    url,
    drop: async () => {
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    },
  };
}

function opsOn(stores: Settings): System['ops'] {
  const env = { ...process.env, ...stores };
  return async (...words) => {
    const { stdout } = await promisify(execFile)(process.execPath, [OPS, ...words], { env });
    return stdout;
  };
}

async function openMail() {
  const { MAIL_SERVER, MAILBOX_URL } = process.env;
  const server = await createMailServer();
  await server.open();
  if (MAIL_SERVER) {
    if (!MAILBOX_URL) throw new Error('MAILBOX_URL is not set: with MAIL_SERVER it is needed too');
    return { url: MAILBOX_URL, settings: {}, server, close: server.close };
  }
  const mailpit = await serveMails(server);
  return {
    url: mailpit.url,
    settings: server.settings,
    server,
    close: async () => {
      await mailpit.close();
      await server.close();
    },
  };
}

/** Prepares one process of a service, on ports of its own. */
async function oneOf(service: ServiceName, settings: Settings): Promise<ServerProcess> {
  const [port, operationsPort] = [String(await freePort()), String(await freePort())];
  return serverProcess({
    url: `http://127.0.0.1:${port}`,
    operations: `http://127.0.0.1:${operationsPort}`,
    words: [mainOf(service)],
    env: { ...process.env, ...settings, PORT: port, OPERATIONS_PORT: operationsPort },
  });
}
