/** Puts the user service together. */
import { type Backend, busHealth, storeHealth } from '@latchkey/backend';
import type { SubscribeOptions, TopicSpec } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic } from '@latchkey/events';
import { Problem, publicPathOf, type Service } from '@latchkey/http';
import type { Dependency, Logger, Registry } from '@latchkey/process';
import { guards, type KeySource, remoteKeys, tokenVerifier } from '@latchkey/tokens';
import type { UserConfig } from './config.ts';
import { groupOf } from './generation/pointer.ts';
import { accountSequenceHeader } from './http/account-sequence.ts';
import { createRoutes } from './http/routes.ts';
import { createStanding } from './http/standing.ts';
import type { Profiles } from './ports/profiles.ts';
import type { UserStorage } from './ports/storage.ts';
import type { StoredAccount } from './profile/stored-account.ts';
import { activeProfiles } from './projection/active-profiles.ts';
import { oneAtATime } from './projection/one-at-a-time.ts';
import { createPointerCache, type PointerCache } from './projection/pointer-cache.ts';
import { createProjection } from './projection/projection.ts';
import {
  createProjectionMetrics,
  type ProjectionMetrics,
  whileAnswering,
} from './projection/projection-metrics.ts';
import { createProjectors } from './projection/projectors.ts';
import { createSequenceWaiter, type WaitLimits } from './projection/sequence-waiter.ts';
import { openStorage } from './storage/index.ts';

const SLICE_SIZE = 500;
/** A slice that unparks accounts reads a part of the log again, which may take long. */
const SLICE_WITHIN_MS = 3_600_000;

/** The topics that the service consumes. */
export const userTopics: readonly TopicSpec[] = [accountsTopic];

export interface UserDeps {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): Date;
  /** The keys to verify tokens with, in place of JWKS_URL, if auth runs in the same process. */
  readonly keys?: KeySource;
  /** Limits for requests that wait for the read model. */
  readonly waits?: Partial<WaitLimits>;
}

/**
 * Composes the service. Its topics, and on a cluster its indexes, must exist before it starts. It may start again
 * after it was stopped.
 */
export function compose(config: UserConfig, deps: UserDeps): Service {
  const { backend, logger, registry, now = () => new Date() } = deps;
  const stores = openStorage(backend.store);
  const pointers = createPointerCache({
    generations: stores.generations,
    logger,
    monotonic: performance.now.bind(performance),
  });
  const profiles = activeProfiles(pointers, stores.profilesOf);
  const waiter = createSequenceWaiter({ profiles, logger, ...(deps.waits ? { limits: deps.waits } : {}) });

  function activeSubscription() {
    return projectors.of(pointers.last().active);
  }
  const metrics = createProjectionMetrics({
    registry,
    lag: async () => (await activeSubscription()?.lag()) ?? Number.NaN,
    parked: () => profiles.countParked(),
    generation: () => pointers.last().active,
  });
  const projectionOf = projections({
    backend,
    stores,
    pointers,
    metrics,
    logger,
    now,
    announce: waiter.notify,
  });
  const projectors = createProjectors({
    logger,
    subscribe: (generation) =>
      backend.bus.subscribe({
        topics: [ACCOUNTS_TOPIC],
        group: groupOf(generation),
        handle: projectionOf(generation),
        sliceSize: SLICE_SIZE,
        handleWithinMs: SLICE_WITHIN_MS,
      }),
  });
  const verify = tokenVerifier({
    keys: deps.keys ?? remoteKeys(config.JWKS_URL ?? `${config.PUBLIC_URL}/.well-known/jwks.json`),
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    now,
  });
  let unfollow: () => void = () => undefined;

  return {
    name: 'user',
    routes: createRoutes({
      profiles,
      publicPath: publicPathOf(config),
      guards: guards({
        verify,
        standing: createStanding(waiter),
        headers: accountSequenceHeader,
        refuse: (spec, details) => new Problem(spec, details),
      }),
    }),

    async start() {
      const { running } = await pointers.refresh();
      await projectors.start(running);
      unfollow = pointers.follow((pointer) => projectors.align(pointer.running));
    },

    async stop() {
      unfollow();
      await projectors.stop();
    },

    health: async () => [...(await readModelHealth(profiles)), busHealth(activeSubscription())],
  };
}

/** Returns the handler that fills a generation. */
function projections(deps: {
  readonly backend: Backend;
  readonly stores: UserStorage;
  readonly pointers: PointerCache;
  readonly metrics: ProjectionMetrics;
  readonly logger: Logger;
  now(): Date;
  announce(accounts: readonly StoredAccount[]): void;
}) {
  return (generation: number): SubscribeOptions['handle'] => {
    function answers() {
      return deps.pointers.last().active === generation;
    }
    const project = createProjection({
      log: deps.backend.bus,
      profiles: deps.stores.profilesOf(generation),
      metrics: whileAnswering(answers, deps.metrics),
      logger: deps.logger.child({ generation }),
      now: deps.now,
      // Requests wait for the active generation only.
      announce: (accounts) => answers() && deps.announce(accounts),
    });
    if (!deps.stores.blocksOnWrite) return project;
    // A rebuild must not apply more than one slice at a time.
    const inTurn = oneAtATime(project);
    return (slice) => (answers() ? project(slice) : inTurn(slice));
  };
}

async function readModelHealth(profiles: Pick<Profiles, 'countParked'>): Promise<readonly Dependency[]> {
  let parked = 0;
  async function ask() {
    parked = await profiles.countParked();
  }
  const readModel = await storeHealth('read model', ask, 'cannot be reached');
  return readModel.state === 'ok' ? [readModel, projectionHealth(parked)] : [readModel];
}

function projectionHealth(parked: number): Dependency {
  return parked === 0
    ? { name: 'projection', state: 'ok', needed: false }
    : { name: 'projection', state: 'degraded', needed: false, detail: `${parked} parked accounts` };
}
