/** Composes the user service from its storage, projections, routes and webhooks. */
import {
  checkBusHealth,
  checkEventKeysHealth,
  checkStoreHealth,
  createForgedRecordReporter,
  type ServiceBackend,
} from '@latchkey/backend';
import type { BusSubscribeOptions, TopicSpec } from '@latchkey/bus';
import { openServiceClients } from '@latchkey/clients';
import {
  createGenuineRecordFilter,
  createRecordAuthenticator,
  createRemoteEventKeySource,
  createVerifiedProofCache,
  type EventKeySource,
  type RecordAuthenticator,
  type VerifiedProofCache,
} from '@latchkey/consumer';
import { ACCOUNTS_TOPIC, checkedAccountsTopic, receiptsTopic } from '@latchkey/events';
import { createFeed, createFeedRoutes, createReceiptRoutes, type SelectGenuineRecords } from '@latchkey/feed';
import { getPublicPath, Problem, type Service } from '@latchkey/http';
import type { DependencyHealth, Logger, Registry } from '@latchkey/process';
import { createGuards, createRemoteKeySource, createTokenVerifier, type KeySource } from '@latchkey/tokens';
import { createSecretSealer, createWebhookDispatcher, openWebhookStorage } from '@latchkey/webhooks';
import type { UserServiceConfig } from './config.ts';
import { getGenerationConsumerGroup } from './generation/pointer.ts';
import { accountSequenceHeaderSchema } from './http/account-sequence.ts';
import { createEventsFeedPolicy } from './http/events-policy.ts';
import { createUserRoutes } from './http/routes.ts';
import { createSessionStatusLookup } from './http/session-status.ts';
import { userTexts } from './http/texts.ts';
import { createWebhookRoutes } from './http/webhooks.ts';
import type { ProfileStore } from './ports/profiles.ts';
import type { UserStorage } from './ports/storage.ts';
import type { StoredAccount } from './profile/stored-account.ts';
import { createActiveProfileReader } from './projection/active-profiles.ts';
import { createErasureConfirmer } from './projection/confirm-erasures.ts';
import { runCallsOneAtATime } from './projection/one-at-a-time.ts';
import { createGenerationPointerCache, type GenerationPointerCache } from './projection/pointer-cache.ts';
import { createProfileProjection } from './projection/projection.ts';
import {
  createMetricsOfActiveGeneration,
  createProjectionMetrics,
  type ProjectionMetrics,
  registerEventKeyMetric,
} from './projection/projection-metrics.ts';
import { createGenerationSubscriptions } from './projection/projectors.ts';
import { createSequenceWaiter, type SequenceWaitLimits } from './projection/sequence-waiter.ts';
import { createLeftoverCleaner } from './rebuild/leftovers.ts';
import { openUserStorage } from './storage/index.ts';

const SLICE_SIZE = 500;
/**
 * The maximum time for handling a slice of records, in ms. If a slice contains the missing event of a parked
 * account, the service resumes the account and reads part of the log again, which can take long.
 */
const SLICE_WITHIN_MS = 3_600_000;

/** The topic that the user service consumes, and the topic to which it publishes confirmations of erasures. */
export const topicsOfUserService: readonly TopicSpec[] = [checkedAccountsTopic, receiptsTopic];

export interface UserServiceDeps {
  readonly backend: ServiceBackend;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): Date;
  /**
   * The keys with which access tokens are verified. Set if auth runs in the same process; otherwise the keys at
   * JWKS_URL are used.
   */
  readonly keys?: KeySource;
  /**
   * The keys with which events are verified. Set if auth runs in the same process; otherwise the keys at JWKS_URL are
   * used.
   */
  readonly eventKeys?: EventKeySource;
  /**
   * A cache of verified proofs, shared with a service in the same process that uses the same `eventKeys`. Default: a
   * cache of this service alone.
   */
  readonly verifiedProofs?: VerifiedProofCache;
  /**
   * Limits how many requests may wait for the read model at the same time, and how long each of them may
   * wait.
   */
  readonly waits?: Partial<SequenceWaitLimits>;
}

/**
 * Composes the user service. The topics must exist before the service starts; on a cluster, so must the indexes. A
 * stopped service can be started again.
 * @example
 * const backend = { store: createSqliteStore(database), bus };
 * const user = compose(readConfig(userSettingsSchema, process.env), { backend, logger, registry });
 * await user.start();
 * server.serve(user.routes);
 */
export function compose(config: UserServiceConfig, deps: UserServiceDeps): Service {
  const { backend, logger, registry, now = () => new Date() } = deps;
  const stores = openUserStorage(backend.store);
  const pointers = createGenerationPointerCache({
    generations: stores.generations,
    logger,
    monotonic: performance.now.bind(performance),
  });
  const profiles = createActiveProfileReader(pointers, stores.profilesOf);
  const waiter = createSequenceWaiter({ profiles, logger, ...(deps.waits ? { limits: deps.waits } : {}) });

  function activeSubscription() {
    return projectors.of(pointers.last().active);
  }
  const metrics = createProjectionMetrics({
    registry,
    lag: async () => (await activeSubscription()?.lag()) ?? Number.NaN,
    parked: () => profiles.countParked(),
    forked: () => profiles.countForked(),
    generation: () => pointers.last().active,
  });
  const jwksUrl = config.JWKS_URL ?? `${config.PUBLIC_URL}/.well-known/jwks.json`;
  const eventKeys = deps.eventKeys ?? createRemoteEventKeySource(jwksUrl);
  registerEventKeyMetric(registry, eventKeys);
  const verification = {
    keys: eventKeys,
    policy: config.EVENT_SIGNATURES,
    topics: [ACCOUNTS_TOPIC],
    ...(backend.observeTime && { onVerified: backend.observeTime }),
    // Let all verifiers share one cache, because the projections, the feed and the webhooks verify the same events.
    shared: deps.verifiedProofs ?? createVerifiedProofCache(),
  } as const;
  const onForged = createForgedRecordReporter({
    policy: config.EVENT_SIGNATURES,
    count: metrics.forged,
    logger,
  });
  const genuine: SelectGenuineRecords = createGenuineRecordFilter(createRecordAuthenticator(verification));
  const projectionOf = projections({
    backend,
    // Create one authenticator per generation, because generations read the log from different positions.
    authenticateFor: () => createRecordAuthenticator({ ...verification, ahead: { log: backend.bus } }),
    onForged,
    stores,
    pointers,
    metrics,
    logger,
    now,
    announce: waiter.notify,
  });
  const projectors = createGenerationSubscriptions({
    logger,
    subscribe: (generation) =>
      backend.bus.subscribe({
        topics: [ACCOUNTS_TOPIC],
        group: getGenerationConsumerGroup(generation),
        handle: projectionOf(generation),
        hasReadBefore: async () => (await stores.profilesOf(generation).page(undefined, 1)).length > 0,
        sliceSize: SLICE_SIZE,
        handleWithinMs: SLICE_WITHIN_MS,
      }),
  });
  const verify = createTokenVerifier({
    keys: deps.keys ?? createRemoteKeySource(jwksUrl),
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    now,
  });
  const ofAccounts = createGuards({
    verify,
    sessionStatus: createSessionStatusLookup(waiter),
    headers: accountSequenceHeaderSchema,
    refuse: (spec, details) => new Problem(spec, details),
  });
  const webhookStorage = openWebhookStorage(backend.store);
  const sealer = createSecretSealer(config.WEBHOOK_SECRET_KEY);
  const webhooks = createWebhookDispatcher({
    storage: webhookStorage,
    bus: backend.bus,
    genuine,
    sealer,
    logger,
    registry,
    settings: config,
    now,
    mayPause: () => backend.clock?.isTrusted() ?? true,
  });
  const feed = {
    policy: createEventsFeedPolicy({ clients: openServiceClients(backend.store).clients, now }),
    path: '/api/v1/events',
    texts: userTexts,
  };
  const leftovers = createLeftoverCleaner({ generations: stores.generations, logger });
  let unfollow: () => void = () => undefined;

  return {
    name: 'user',
    routes: createUserRoutes({
      profiles,
      publicPath: getPublicPath(config),
      feed: [
        ...createFeedRoutes({ ...feed, feed: createFeed(backend.bus, genuine) }),
        ...createReceiptRoutes({ ...feed, bus: backend.bus, now }),
      ],
      webhooks: createWebhookRoutes({
        storage: webhookStorage,
        sealer,
        guards: ofAccounts,
        settings: config,
        now,
      }),
      guards: ofAccounts,
    }),

    async start() {
      const { running } = await pointers.refresh();
      await projectors.start(running);
      unfollow = pointers.follow((pointer) => projectors.align(pointer.running));
      leftovers.start();
      await webhooks.start();
    },

    async stop() {
      unfollow();
      await Promise.all([webhooks.stop(), projectors.stop(), leftovers.stop()]);
    },

    health: async () => [
      ...(await readModelHealth(profiles)),
      checkBusHealth(activeSubscription()),
      ...(await webhooks.health()),
      checkEventKeysHealth(eventKeys),
    ],
  };
}

/**
 * Returns a function that creates the handler of a generation's subscription. A generation is a copy of the
 * read model. The handler applies events to the profiles of its generation.
 */
function projections(deps: {
  readonly backend: ServiceBackend;
  authenticateFor(): RecordAuthenticator;
  readonly onForged: ReturnType<typeof createForgedRecordReporter>;
  readonly stores: UserStorage;
  readonly pointers: GenerationPointerCache;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  announce(accounts: readonly StoredAccount[]): void;
}) {
  const confirm = createErasureConfirmer({
    bus: deps.backend.bus,
    generations: deps.stores.generations,
    profilesOf: deps.stores.profilesOf,
    now: deps.now,
  });
  return (generation: number): BusSubscribeOptions['handle'] => {
    function answers() {
      return deps.pointers.last().active === generation;
    }
    const project = createProfileProjection({
      log: deps.backend.bus,
      authenticate: deps.authenticateFor(),
      onForged: deps.onForged,
      profiles: deps.stores.profilesOf(generation),
      metrics: createMetricsOfActiveGeneration(answers, deps.metrics),
      logger: deps.logger.child({ generation }),
      now: deps.now,
      // Notify waiting requests only about the active generation, because they are answered from it.
      announce: (accounts) => answers() && deps.announce(accounts),
      confirm,
    });
    if (!deps.stores.blocksOnWrite) return project;
    // Apply the slices of an inactive generation one at a time, so that a rebuild does not block the event
    // loop.
    const inTurn = runCallsOneAtATime(project);
    return (slice) => (answers() ? project(slice) : inTurn(slice));
  };
}

async function readModelHealth(
  profiles: Pick<ProfileStore, 'countParked' | 'countForked'>,
): Promise<readonly DependencyHealth[]> {
  let [parked, forked] = [0, 0];
  async function ask() {
    [parked, forked] = await Promise.all([profiles.countParked(), profiles.countForked()]);
  }
  const readModel = await checkStoreHealth('read model', ask);
  return readModel.state === 'ok' ? [readModel, projectionHealth(parked, forked)] : [readModel];
}

function projectionHealth(parked: number, forked: number): DependencyHealth {
  if (parked === 0) return { name: 'projection', state: 'ok', needed: false };
  const history = forked === 0 ? '' : `, ${forked} of them because their history has forked`;
  return {
    name: 'projection',
    state: 'degraded',
    needed: false,
    detail: `${parked} parked accounts${history}`,
  };
}
