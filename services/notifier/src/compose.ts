/** Composes the notifier. Only this module chooses the notifier's adapters. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  checkBusHealth,
  checkEventKeysHealth,
  checkStoreHealth,
  createForgedRecordReporter,
  createStoreWriteProbe,
  type ServiceBackend,
} from '@latchkey/backend';
import { type Brand, createBrand } from '@latchkey/brand';
import type { BusSubscription, TopicSpec } from '@latchkey/bus';
import {
  createRecordAuthenticator,
  createRemoteEventKeySource,
  type EventKeySource,
  type VerifiedProofCache,
} from '@latchkey/consumer';
import { checkedAccountsTopic, deliveriesTopic, mailingsTopic, receiptsTopic } from '@latchkey/events';
import type { ExportedMail } from '@latchkey/export';
import type { Route, Service } from '@latchkey/http';
import {
  createClockGuard,
  DAY_MS,
  type DependencyHealth,
  type Logger,
  type Registry,
} from '@latchkey/process';
import { createRemoteKeySource, createTokenVerifier } from '@latchkey/tokens';
import { systemClock } from './adapters/clock.system.ts';
import { createLinkDecrypter } from './adapters/decrypter.jose.ts';
import { fetchFromAws } from './adapters/fetch-from-aws.ts';
import { createSmtpMailer } from './adapters/mailer.smtp.ts';
import { findTokenFileFault } from './adapters/oauth-tokens.ts';
import {
  createReportReceiver,
  type ReportReceiver,
  type ReportReceiverDeps,
} from './adapters/receiver.smtp.ts';
import { createMimeReportReader } from './adapters/reports.mime.ts';
import { createPostmarkReportReader } from './adapters/reports.postmark.ts';
import { createSesReportReader } from './adapters/reports.ses.ts';
import { toSmtpSettings } from './adapters/settings.smtp.ts';
import type { NotifierConfig } from './config.ts';
import { listConfiguredKeys } from './configured-keys.ts';
import { NOTIFIER_CONSUMER_GROUP } from './consumer-group.ts';
import { readMailsForOwner } from './exports/exported-mails.ts';
import { createMailsExportRoute } from './exports/routes.ts';
import { createEventIntake } from './intake/intake.ts';
import { createMailLinks } from './mails/links.ts';
import { createMailRenderer } from './mails/render.ts';
import { loadMailTemplates } from './mails/templates.ts';
import { createNotifierMetrics, registerEventKeyMetric } from './metrics.ts';
import type { Clock } from './ports/clock.ts';
import type { Mailer } from './ports/mailer.ts';
import type { MailReportReader } from './ports/reports.ts';
import { redactRecipient } from './recipient.ts';
import { areMailReportsExpected } from './report-settings.ts';
import { createReportPublisher, type ReportPublisher } from './reports/publish-reports.ts';
import { createMailReportHandler, type HandleMailReport } from './reports/record-report.ts';
import { createReturnPathsFromSettings } from './reports/return-paths.ts';
import { createReportRoutes } from './reports/routes.ts';
import { createDeliveryDispatcher, type DeliveryDispatcher } from './sending/dispatcher.ts';
import { createMissingKeyMonitor, type MissingKeyMonitor } from './sending/key-watch.ts';
import { createDeliverySender } from './sending/sender.ts';
import { openNotifierStorage } from './storage/index.ts';

export interface NotifierDeps {
  readonly backend: ServiceBackend;
  readonly logger: Logger;
  readonly registry: Registry;
  /**
   * The keys with which event signatures are verified. Given if auth runs in the same process; otherwise the
   * keys at JWKS_URL are used.
   */
  readonly eventKeys?: EventKeySource;
  /**
   * A cache of verified signatures. Pass it if another service in this process uses the same `eventKeys`, so
   * that the signature of each event is verified only once. Default: no cache, because the notifier alone
   * reads each event once.
   */
  readonly verifiedProofs?: VerifiedProofCache;
  /** Replaces the system clock, for tests. */
  readonly clock?: Clock;
  /** Replaces `Math.random`, for tests. */
  readonly random?: () => number;
  /** Replaces the SMTP mailer that the settings describe, for tests. */
  readonly mailer?: Mailer;
}

export interface NotifierService extends Service {
  /**
   * Returns the mails to an account's own address that were caused by the account's events, oldest first.
   * Used by auth if it runs in the same process.
   */
  mailsForOwner(account: string): AsyncIterable<ExportedMail>;
  /**
   * The routes that only auth uses, if auth runs in another process. Clients must not be able to reach these
   * routes.
   */
  readonly internalRoutes: readonly Route[];
}

const readTopics = [checkedAccountsTopic, mailingsTopic];
/** All topics that the notifier reads or publishes to. */
export const notifierTopics: readonly TopicSpec[] = [...readTopics, deliveriesTopic, receiptsTopic];

/** Returns the readers of reports about mails that providers send over HTTP. */
function webhookReaders(config: NotifierConfig): readonly MailReportReader[] {
  const { MAIL_SES_TOPIC_ARN: topicArn, MAIL_POSTMARK_CREDENTIALS: credentials } = config;
  return [
    ...(topicArn === undefined ? [] : [createSesReportReader({ topicArn, fetch: fetchFromAws })]),
    ...(credentials === undefined ? [] : [createPostmarkReportReader(credentials)]),
  ];
}

/**
 * Creates the receiver of reports that arrive as mails.
 * @returns undefined if the settings do not enable it
 */
function receiverFor(
  config: NotifierConfig,
  { take, clock, logger }: Pick<ReportReceiverDeps, 'take' | 'clock' | 'logger'>,
): ReportReceiver | undefined {
  const { MAIL_BOUNCE_PORT: port, MAIL_BOUNCE_HOST: host, MAIL_BOUNCE_DOMAIN: name = '' } = config;
  const returnPaths = createReturnPathsFromSettings(config);
  if (port === undefined || returnPaths === undefined) return undefined;
  const settings = { host, port, name, isLmtp: config.MAIL_BOUNCE_LMTP };
  const reader = createMimeReportReader(returnPaths);
  return createReportReceiver(settings, { returnPaths, reader, take, clock, logger });
}

interface Running {
  readonly subscription: BusSubscription;
  readonly dispatcher: DeliveryDispatcher;
  readonly keys: MissingKeyMonitor;
  readonly mailer: Mailer;
  readonly publisher: ReportPublisher;
  readonly receiver: ReportReceiver | undefined;
  readonly takeReport: HandleMailReport;
}

/**
 * Returns the health of a dependency.
 * @param trouble a description of what is wrong; undefined if the dependency is available
 */
function healthOf(name: string, trouble: string | undefined): DependencyHealth {
  if (trouble === undefined) return { name, state: 'ok', needed: false };
  return { name, state: 'degraded', needed: false, detail: trouble };
}

/**
 * Composes the notifier. It reads the topics of accounts and mailings as consumer group `notifier`, stores
 * the deliveries and sends the mails; it also receives reports about mails, and publishes them. Its public
 * routes are for providers that report over HTTP. `start` reads settings, keys and templates, and rejects
 * with a message that names the faulty setting, key or template. Before `start`, the topics must exist, and
 * on a cluster the indexes, too. A stopped notifier may start again.
 * @example
 * const backend = { store: createSqliteStore(database), bus };
 * const notifier = compose(readConfig(notifierSettingsSchema, process.env), { backend, logger, registry });
 * await notifier.start();
 * server.serve([...notifier.routes, ...notifier.internalRoutes]);
 */
export function compose(config: NotifierConfig, deps: NotifierDeps): NotifierService {
  const { logger, registry, backend, clock = systemClock, random = Math.random } = deps;
  const { clock: guard = createClockGuard() } = backend;
  const checkWrites = createStoreWriteProbe(backend.store);
  const { deliveries, suppressions, keyFingerprints, reclaim } = openNotifierStorage(backend.store);
  const metrics = createNotifierMetrics(registry, deliveries, clock.now);
  const routes: readonly Route[] = createReportRoutes(webhookReaders(config), () => running?.takeReport);
  const jwksUrl = config.JWKS_URL ?? `${config.PUBLIC_URL}/.well-known/jwks.json`;
  const eventKeys = deps.eventKeys ?? createRemoteEventKeySource(jwksUrl);
  registerEventKeyMetric(registry, eventKeys);
  const verify = createTokenVerifier({
    keys: createRemoteKeySource(jwksUrl),
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    now: clock.now,
  });
  const policy = config.EVENT_SIGNATURES;
  const authenticate = createRecordAuthenticator({
    keys: eventKeys,
    policy,
    topics: readTopics.map(({ name }) => name),
    ahead: { log: backend.bus },
    ...(deps.verifiedProofs && { shared: deps.verifiedProofs }),
    ...(backend.observeTime && { onVerified: backend.observeTime }),
  });
  const onForged = createForgedRecordReporter({ policy, count: () => metrics.forged.inc(), logger });
  let running: Running | undefined;

  function mayExpire(): boolean {
    return guard.isTrusted();
  }

  async function start(): Promise<void> {
    await reclaim();
    await keyFingerprints.check(listConfiguredKeys(config), clock.now());
    const templates = await loadMailTemplates(config.TEMPLATE_FOLDER);
    await reportTokenFile(config, logger);
    const keys = createMissingKeyMonitor(await createLinkDecrypter(config.SEALING_PRIVATE_KEYS), logger);
    const mailer = deps.mailer ?? createSmtpMailer(toSmtpSettings(config, config.PUBLIC_URL));
    const render = createMailRenderer({
      templates,
      links: createMailLinks(config),
      brand: brandFrom(config),
    });
    const dispatcher = createDeliveryDispatcher({
      deliveries,
      trySending: createDeliverySender({
        open: keys.open,
        render,
        mailer,
        suppressions,
        now: clock.now,
        mayExpire,
      }),
      probe: mailer.probe,
      connections: mailer.connections,
      clock,
      mayExpire,
      random,
      newOwner: randomUUID,
      sender: `${hostname()}:${process.pid}`,
      metrics,
      logger,
      leaseMs: config.MAIL_LEASE_SECONDS * 1000,
      ...(areMailReportsExpected(config) && { recipientOf: redactRecipient }),
    });
    const publisher = createReportPublisher({ deliveries, bus: backend.bus, clock, logger });
    const takeReport = createMailReportHandler({
      deliveries,
      suppressions,
      suppressionMs: config.MAIL_SUPPRESSION_DAYS * DAY_MS,
      metrics,
      logger,
      now: clock.now,
      onRecorded: publisher.wake,
    });
    const receiver = receiverFor(config, { take: takeReport, clock, logger });
    const handle = createEventIntake({
      bus: backend.bus,
      authenticate,
      onForged,
      deliveries,
      suppressions,
      metrics,
      logger,
      now: clock.now,
      mayExpire,
      dispatcher,
      off: config.NOTICES_OFF,
    });
    const reading = { topics: readTopics.map(({ name }) => name), group: NOTIFIER_CONSUMER_GROUP, handle };
    const subscription = await backend.bus.subscribe(reading);
    dispatcher.start();
    publisher.start();
    running = { subscription, dispatcher, keys, mailer, publisher, receiver, takeReport };
    // Start the receiver of reports last. If it fails to start, `running` is already set, so `stop` can close
    // all other parts.
    await receiver?.start();
  }

  async function stop(): Promise<void> {
    if (!running) return;
    const { subscription, dispatcher, mailer, publisher, receiver } = running;
    running = undefined;
    // Stop the parts in parallel, because stopping each part may take seconds. Mails that become due while the
    // service stops are sent after the next start, or by another process.
    await Promise.all([subscription.close(), dispatcher.stop(), receiver?.stop(), publisher.stop()]);
    mailer.close();
  }

  async function health(): Promise<readonly DependencyHealth[]> {
    const store = await checkStoreHealth(
      'deliveries',
      () => Promise.all([deliveries.find(''), checkWrites()]),
      'cannot be reached: mails wait',
    );
    if (!running) return [store];
    const { subscription, dispatcher, keys, publisher } = running;
    return [
      store,
      checkBusHealth(subscription),
      checkEventKeysHealth(eventKeys),
      healthOf('sealing keys', keys.trouble()),
      healthOf('smtp', dispatcher.trouble()),
      healthOf('reports', publisher.isFailing() ? 'cannot be published: they wait' : undefined),
    ];
  }

  return {
    name: 'notifier',
    routes,
    internalRoutes: [createMailsExportRoute({ deliveries, verify })],
    mailsForOwner: (account) => readMailsForOwner(deliveries, account),
    start,
    stop,
    health,
  };
}

/**
 * Logs a warning if the file with the access token for the mail server does not exist. This is no error,
 * because another program may write the file later.
 */
async function reportTokenFile(config: NotifierConfig, logger: Logger): Promise<void> {
  const { MAIL_OAUTH_TOKEN_FILE: file, MAIL_AUTH: method, USE_CREDENTIALS: logsIn } = config;
  if (file === undefined || method !== 'xoauth2' || !logsIn) return;
  const fault = await findTokenFileFault(file);
  if (fault !== undefined)
    logger.warn(`${fault}: no mail can be sent until another program has written a token`);
}

function brandFrom(config: NotifierConfig): Brand {
  return createBrand(
    { ...config, BRAND_NAME: config.BRAND_NAME ?? config.MAIL_FROM_NAME },
    config.PUBLIC_URL,
  );
}
