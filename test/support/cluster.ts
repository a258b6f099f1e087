/**
 * Runs a system under test on the Kafka and MongoDB that the environment variables KAFKA_BROKERS and
 * MONGO_URL name. Each service has one or more processes behind one address. The broker must be for tests
 * only (see test-broker.ts). The system uses a new database in MongoDB, which is dropped at the end. Mails go
 * to the tests' own mail server. If MAIL_SERVER is set, they go to that server instead, and the tests read
 * them at MAILBOX_URL.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reserveFreePort } from '@latchkey/process/testing/free-port';
import { getMainModulePath } from '@latchkey/process/testing/program-paths';
import type { SASLOptions } from 'kafkajs';
import { MongoClient } from 'mongodb';
import { startLoadBalancer } from './load-balancer.ts';
import { startSimulatedMailpit } from './mailpit.ts';
import { withMongoDatabase } from './mongo-url.ts';
import {
  CHEAP_HASH_SETTINGS,
  createInProcessOpsRunner,
  createOpsRunner,
  HIGH_LIMIT_SETTINGS,
  SHORT_LIFETIME_SETTINGS,
} from './programs.ts';
import { createServerProcess, type ServerProcess } from './server-process.ts';
import { createMailServer, type MailServer } from './smtp.ts';
import type { Settings, System } from './system.ts';
import { deleteTopicsAndGroups, deleteTopicsAndGroupsIfAllowed } from './test-broker.ts';

/**
 * The services in the order in which they start: user and notifier, which consume events, start before auth,
 * which publishes them.
 */
export const serviceNames = ['user', 'notifier', 'auth'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Maps each service to the names of the secrets that its processes get. */
const secretsOf: Readonly<Record<ServiceName, readonly string[]>> = {
  user: ['WEBHOOK_SECRET_KEY'],
  notifier: ['SEALING_PRIVATE_KEYS'],
  auth: ['SIGNING_KEYS', 'EVENT_SIGNING_KEYS', 'SEALING_PUBLIC_KEY', 'PASSWORD_SALT_KEY', 'REFRESH_KEY'],
};

export type StoreSettings = NonNullable<System['stores']>;

export interface ClusterOptions {
  /** The Kafka and MongoDB to use. Default: those that KAFKA_BROKERS and MONGO_URL name. */
  readonly servers?: StoreSettings;
  /** The credentials of a Kafka user with all rights. Default: the broker needs no login. */
  readonly kafkaAdmin?: SASLOptions;
  /** Additional settings for ops commands on the cluster. */
  readonly opsSettings?: Settings;
  /** The number of processes of each service; 2 by default. */
  readonly instances?: Readonly<Partial<Record<ServiceName, number>>>;
  /** The port of the load balancer. Default: a free one. */
  readonly port?: number;
  /** Whether the load balancer skips instances whose /readyz is not 200. Default: false. */
  readonly healthChecks?: boolean;
  /**
   * Returns additional settings for all processes of a service, which override the common settings. `stores`
   * contains the addresses of this system's Kafka and MongoDB.
   */
  readonly settingsOn?: (stores: StoreSettings, service: ServiceName) => Settings;
  /**
   * Called when the load balancer sends a request to a process, with the name of the process.
   * @returns a function that the load balancer calls when the process has responded or the request has failed
   */
  readonly beginRequest?: (name: string) => () => void;
  /** Returns additional settings for one process, which override all other settings. The index starts at 0. */
  readonly settingsOfEach?: (service: ServiceName, index: number) => Settings;
}

/**
 * One process of each service, for tests of behaviour that does not depend on the number of processes: each process
 * takes more than a second of CPU time to start.
 */
export const ONE_PROCESS_PER_SERVICE = { auth: 1, user: 1, notifier: 1 };

/** Returns the name of a process in tests, for example `auth-1`. */
export function formatInstanceName(service: ServiceName, index: number): string {
  return `${service}-${index + 1}`;
}

export interface Cluster extends System {
  readonly instances: Readonly<Record<ServiceName, readonly ServerProcess[]>>;
  readonly stores: StoreSettings;
  /** The mail server of the tests. The system does not use it if MAIL_SERVER names another mail server. */
  readonly mails: MailServer;
  /**
   * The folder with the secrets of the services, one file per setting. A process reads its secrets when it
   * starts.
   */
  readonly secretsFolder: string;
  /** Returns the settings that all processes of a service share. */
  settingsOf(service: ServiceName): Settings;
  /** Starts all processes of the system, without waiting until they are ready. */
  launch(): void;
  /**
   * Prepares an additional process of a service. The load balancer sends no requests to this process, and the caller
   * must end it.
   */
  another(service: ServiceName, settings?: Settings): Promise<ServerProcess>;
  /** The settings of ops commands on the cluster. */
  readonly opsSettings: Settings;
  /** Returns a function that runs ops commands as processes, with the given settings. */
  opsWith(settings: Settings): System['ops'];
  /** Returns the name of the process that serves requests at the given origin. */
  nameOf(origin: string): string | undefined;
}

/** Starts a cluster for tests, and resolves once all of its processes are ready. */
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

/** Prepares a cluster for tests without starting its processes. */
export async function prepareCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const servers = options.servers ?? givenServers();
  await deleteTopicsAndGroupsIfAllowed(servers.KAFKA_BROKERS, options.kafkaAdmin);
  const store = emptyStore(servers.MONGO_URL);
  const stores = { KAFKA_BROKERS: servers.KAFKA_BROKERS, MONGO_URL: store.url };
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const opsSettings = {
    ...stores,
    EVENT_SIGNING_KEYS_FILE: join(folder, 'EVENT_SIGNING_KEYS'),
    WEBHOOK_SECRET_KEY_FILE: join(folder, 'WEBHOOK_SECRET_KEY'),
    ...options.opsSettings,
  };
  const ops = createInProcessOpsRunner(opsSettings);
  await createInProcessOpsRunner(stores)('secrets', folder);
  await Promise.all([ops('topics'), ops('indexes')]);

  const mail = await openMail();
  const port = options.port ?? (await reserveFreePort());
  function settingsOf(service: ServiceName): Settings {
    return {
      LATCHKEY_ENV: 'development',
      LOG_LEVEL: 'info',
      PUBLIC_URL: `http://localhost:${port}`,
      TRUSTED_PROXIES: '127.0.0.1/32',
      ...HIGH_LIMIT_SETTINGS,
      ...CHEAP_HASH_SETTINGS,
      ...SHORT_LIFETIME_SETTINGS,
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
  const all = serviceNames.flatMap((service) => instances[service]);
  const names = new Map(
    serviceNames.flatMap((service) =>
      instances[service].map(({ url }, index) => [url, formatInstanceName(service, index)] as const),
    ),
  );
  const front = await startLoadBalancer({
    port,
    routing: (path) =>
      instances[/^\/api\/v1\/(users|events|webhooks)/.test(path) ? 'user' : 'auth'].map(({ url }) => url),
    ...(options.beginRequest && {
      beginRequest: (origin: string) =>
        options.beginRequest?.(names.get(origin) ?? origin) ?? (() => undefined),
    }),
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
    notifierUrl: NOTIFIER_URL,
    mailbox: mail.url,
    mails: mail.server,
    stores,
    instances,
    secretsFolder: folder,
    settingsOf,
    nameOf: (origin) => names.get(origin),
    another: (service, settings) => oneOf(service, { ...settingsOf(service), ...settings }),
    opsSettings,
    opsWith: (settings) => createOpsRunner({ ...process.env, ...settings }),
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
      await deleteTopicsAndGroups(servers.KAFKA_BROKERS, options.kafkaAdmin);
      await store.drop();
      await rm(folder, { recursive: true });
    },
  };
}

function givenServers(): StoreSettings {
  const { KAFKA_BROKERS, MONGO_URL } = process.env;
  if (KAFKA_BROKERS && MONGO_URL) return { KAFKA_BROKERS, MONGO_URL };
  throw new Error('KAFKA_BROKERS and MONGO_URL must be set: these tests need a Kafka and a MongoDB');
}

/** Returns the URL of a new, empty database, and a function that drops the database. */
function emptyStore(server: string) {
  const url = withMongoDatabase(server, `latchkey_test_${randomBytes(4).toString('hex')}`);
  return {
    url,
    drop: async () => {
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    },
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
  const mailpit = await startSimulatedMailpit(server);
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

/** Prepares a process of a service on free ports. */
async function oneOf(service: ServiceName, settings: Settings): Promise<ServerProcess> {
  const [port, operationsPort] = [String(await reserveFreePort()), String(await reserveFreePort())];
  return createServerProcess({
    url: `http://127.0.0.1:${port}`,
    operations: `http://127.0.0.1:${operationsPort}`,
    words: [getMainModulePath(`services/${service}`)],
    env: { ...process.env, ...settings, PORT: port, OPERATIONS_PORT: operationsPort },
  });
}
