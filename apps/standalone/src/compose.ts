/** Composes Latchkey as one process with one data folder: log, store, mailbox, all services and one HTTP listener. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { authOpenApiTags } from '@latchkey/auth';
import { openAuthOps } from '@latchkey/auth/ops';
import { createClockHistory } from '@latchkey/backend';
import { type TopicNamesOnLog, topicNameOnLog, withTopicNames } from '@latchkey/bus';
import { createEmbeddedBus, type EmbeddedBus } from '@latchkey/bus/embedded';
import { allTopics, asyncApiDocument, securityTopic } from '@latchkey/events';
import {
  createHttpServerPart,
  createOpenApiDocument,
  createOperationsRoutes,
  createOperationsRoutesDuringStartup,
  createOperationsServerPart,
  type HttpServerPart,
  type Route,
  routesDuringStartup,
} from '@latchkey/http';
import {
  type ClockGuard,
  createClockGuard,
  type DependencyHealth,
  type Environment,
  formatSettingsWithoutSecrets,
  groupProcessParts,
  type Logger,
  type ProcessPart,
  type Registry,
} from '@latchkey/process';
import { createSqliteStore, type Database, DataFolderError, openDatabase } from '@latchkey/sqlite';
import { ACCOUNT_SEQUENCE_HEADER, PROBLEM_TYPE_PREFIX } from '@latchkey/tokens';
import { userOpenApiTags } from '@latchkey/user';
import { createMailbox, type Mailbox } from './mailbox/mailbox.ts';
import { createMailboxSmtpServer } from './mailbox/smtp.ts';
import { createDevelopmentRoutes } from './pages/routes.ts';
import { getSecretsPath, loadOrGenerateSecrets } from './secrets.ts';
import { type ComposedServices, composeServices } from './services.ts';
import {
  areSecretsMissing,
  createMailboxSmtpSettings,
  formatServiceSettings,
  readServiceSettings,
  type StandaloneConfig,
  shouldServeDevelopmentPages,
  standaloneSettingsSchema,
} from './settings.ts';

export interface StandaloneDeps {
  readonly logger: Logger;
  readonly registry: Registry;
}

export interface Standalone extends ProcessPart {
  /** The URL of the server on this machine, without a trailing slash. */
  readonly url: string;
  /** The base URL of `/livez`, `/readyz` and `/metrics` on this machine, without a trailing slash. */
  readonly operationsUrl: string;
  readonly mode: StandaloneConfig['LATCHKEY_ENV'];
  /** The absolute path of the data folder. */
  readonly folder: string;
  /** The path of the file with the generated secrets. Undefined if no secrets were generated. */
  readonly secretsPath: string | undefined;
  readonly hasPages: boolean;
  readonly hasMailbox: boolean;
}

interface Store {
  readonly database: Database;
  readonly bus: EmbeddedBus;
  readonly clock: ClockGuard;
}

/** Returns the time of the newest record of the log; undefined if there is none. */
async function newestRecordTime(bus: EmbeddedBus): Promise<Date | undefined> {
  const newest = bus.topics().flatMap(({ name }) => bus.records(name, { limit: 1 }));
  if (newest.length === 0) return undefined;
  return new Date(Math.max(...newest.map(({ timestamp }) => timestamp.getTime())));
}

function openFolder(folder: string): Database {
  try {
    return openDatabase({ folder, as: 'server' });
  } catch (error) {
    // Throw a plain Error, because the process prints its message in one line, without a stack trace. The
    // message tells the operator what to do.
    if (error instanceof DataFolderError) throw new Error(error.message, { cause: error });
    throw error;
  }
}

/**
 * Opens the data folder and the log, and compares the clock with the time at which the folder was last used.
 */
async function openStore(
  folder: string,
  { logger, names }: { readonly logger: Logger; readonly names: TopicNamesOnLog },
  opened: AsyncDisposableStack,
): Promise<Store> {
  const database = openFolder(folder);
  opened.defer(() => database.close());
  if (database.erasedRemains().possible)
    logger.warn('the data folder could not be rewritten: its file may still contain erased data');
  const history = createClockHistory({
    readings: createSqliteStore(database).clockReadings,
    newestTime: () => newestRecordTime(bus),
  });
  const clock = createClockGuard({ doubtAtStart: history.doubt });
  const bus = withTopicNames(
    createEmbeddedBus({ database, logger, mayDelete: () => clock.isTrusted() }),
    names,
  );
  opened.defer(() => bus.close());
  await history.resume();
  opened.defer(history.keepNoting(clock));
  const doubt = clock.doubt();
  if (doubt !== undefined) logger.error({ clock: doubt }, 'the clock of this process may be wrong');
  return { database, bus, clock };
}

/**
 * Returns whether auth has been started on this database before. If so, stored data depends on the keys that
 * auth had at that time.
 */
async function hasKeyUses(database: Database): Promise<boolean> {
  const { keys } = openAuthOps(createSqliteStore(database));
  return Object.keys(await keys.list()).length > 0;
}

/**
 * Creates the topics, and sets how long the topic of security events keeps its records. An existing topic
 * needs no other update, because no other property of a topic is a setting.
 */
async function ensureTopics(bus: EmbeddedBus, retentionDays: number, names: TopicNamesOnLog): Promise<void> {
  const { name, retentionMs } = securityTopic(retentionDays);
  await bus.setRetention(topicNameOnLog(names, name), retentionMs);
  await bus.ensureTopics(allTopics({ auditRetentionDays: retentionDays }));
}

/**
 * Starts the SMTP server of the mailbox.
 * @returns the settings that make the notifier send its mails to this server
 */
async function openMailbox(
  mailbox: Mailbox,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<Environment> {
  const server = createMailboxSmtpServer({ mailbox, logger, host: '127.0.0.1', port: 0 });
  opened.defer(() => server.stop());
  await server.start();
  return createMailboxSmtpSettings(server.port());
}

const description = {
  title: 'Latchkey',
  version: '1',
  description:
    'Accounts as events: sign up, verify, sign in, reset the password. A body has at most 64 KiB; unknown fields are refused. How often something may be tried is limited per address, account and network: 429 with `Retry-After`.',
  tags: { ...authOpenApiTags, ...userOpenApiTags },
};

function routesOf(
  config: StandaloneConfig,
  parts: {
    readonly services: ComposedServices;
    readonly mailbox: Mailbox;
    readonly bus: EmbeddedBus;
  },
): readonly Route[] {
  const ofServices = parts.services.routes;
  if (!shouldServeDevelopmentPages(config)) return ofServices;
  const pages = createDevelopmentRoutes({
    mailbox: parts.mailbox,
    log: parts.bus,
    openApi: () =>
      createOpenApiDocument({ ...description, publicPath: parts.services.publicPath }, ofServices),
    asyncApi: asyncApiDocument,
  });
  // The development pages replace the page that the services serve at `/`.
  return [...ofServices.filter(({ path }) => path !== '/'), ...pages];
}

/**
 * Starts listening on the port. This must happen before the services are composed, because they need to know
 * the port.
 */
async function startListener(
  config: StandaloneConfig,
  { logger, registry }: StandaloneDeps,
  isAllowedOrigin: (origin: string) => boolean,
): Promise<HttpServerPart> {
  const development = config.LATCHKEY_ENV === 'development';
  const listener = createHttpServerPart({
    name: 'http',
    host: config.HOST,
    port: config.PORT,
    routes: routesDuringStartup,
    logger,
    registry,
    trustedProxies: config.TRUSTED_PROXIES,
    corsOrigins: isAllowedOrigin,
    corsHeaders: [ACCOUNT_SEQUENCE_HEADER],
    problemTypes: PROBLEM_TYPE_PREFIX,
    undeclared: development ? 'fail' : 'drop',
    https: !development,
  });
  await listener.start();
  return listener;
}

async function startOperations(
  config: StandaloneConfig,
  { logger, registry }: StandaloneDeps,
): Promise<HttpServerPart> {
  const routes = createOperationsRoutesDuringStartup({ registry, health: async () => [] });
  const listener = createOperationsServerPart(config, {
    logger,
    registry,
    routes,
    problemTypes: PROBLEM_TYPE_PREFIX,
  });
  await listener.start();
  return listener;
}

/**
 * Opens the folder, the port and the mailbox, and composes the services without starting them. Until `start`
 * has started the services, all requests get a 503 response.
 * @throws ConfigError that lists all invalid settings; Error with a one-line message if the folder or the
 * port cannot be used
 */
export async function composeStandalone(config: StandaloneConfig, deps: StandaloneDeps): Promise<Standalone> {
  await using opened = new AsyncDisposableStack();
  const { logger, registry } = deps;
  const folder = resolve(config.DATA_DIR);
  const development = config.LATCHKEY_ENV === 'development';
  let services: ComposedServices | undefined;

  const store = await openStore(folder, { logger, names: config.TOPIC_NAMES }, opened);
  const listener = await startListener(config, deps, (origin) => services?.isAllowedOrigin(origin) ?? false);
  opened.defer(() => listener.stop());
  const operations = await startOperations(config, deps);
  opened.defer(() => operations.stop());
  const url = `http://localhost:${listener.port()}`;

  const mailbox = createMailbox({ database: store.database, now: () => new Date(), newId: randomUUID });
  const hasMailbox = development && config.MAIL_SERVER === undefined;
  async function needsFormerSecrets() {
    return areSecretsMissing(config.environment) && (await hasKeyUses(store.database));
  }
  const settings = readServiceSettings(config.environment, {
    ...(development ? { PUBLIC_URL: url, ...(await loadOrGenerateSecrets(folder, needsFormerSecrets)) } : {}),
    ...(hasMailbox ? await openMailbox(mailbox, logger, opened) : {}),
  });
  await ensureTopics(store.bus, settings.auth.AUDIT_RETENTION_DAYS, config.TOPIC_NAMES);
  const shown = {
    ...formatSettingsWithoutSecrets(standaloneSettingsSchema, config),
    ...formatServiceSettings(settings),
  };
  services = composeServices(settings, { ...store, logger, registry, shown, forgetMails: mailbox.forget });

  const part = groupProcessParts('services', [...services.all, clockPart(store.clock)]);
  const routes = routesOf(config, { services, mailbox, bus: store.bus });
  const held = opened.move();
  return {
    name: 'standalone',
    url,
    operationsUrl: `http://localhost:${operations.port()}`,
    mode: config.LATCHKEY_ENV,
    folder,
    secretsPath: development ? getSecretsPath(folder) : undefined,
    hasPages: shouldServeDevelopmentPages(config),
    hasMailbox,
    async start() {
      await part.start();
      listener.serve(routes);
      operations.serve(createOperationsRoutes({ registry, health: part.health }));
    },
    async stop() {
      await listener.stop();
      await part.stop().finally(() => held.disposeAsync());
    },
    health: part.health,
  };
}

/** Returns a process part whose health is `degraded` while the clock of this process is not trusted. */
function clockPart(clock: ClockGuard): ProcessPart {
  async function health(): Promise<readonly DependencyHealth[]> {
    const state = { name: 'clock', needed: false } as const;
    const doubt = clock.doubt();
    return doubt === undefined
      ? [{ ...state, state: 'ok' }]
      : [{ ...state, state: 'degraded', detail: doubt }];
  }
  return { name: 'clock', start: async () => undefined, stop: async () => undefined, health };
}
