/** Puts the user service together. */
import type { Subscription, TopicSpec } from '@latchkey/bus';
import { ACCOUNTS_TOPIC, accountsTopic } from '@latchkey/events';
import type { Index } from '@latchkey/mongo';
import {
  type Dependency,
  guards,
  type KeySource,
  type Logger,
  type Registry,
  remoteKeys,
  type Service,
  tokenVerifier,
} from '@latchkey/service';
import { profileIndexes } from './adapters/profiles.mongo.schema.ts';
import { type Backend, profilesOn } from './backends.ts';
import type { UserConfig } from './config.ts';
import { accountSequenceHeader } from './http/account-sequence.ts';
import { createRoutes } from './http/routes.ts';
import { createStanding } from './http/standing.ts';
import type { ParkedPage, Profiles } from './ports/profiles.ts';
import type { Parked } from './profile/account.ts';
import { createProjection } from './projection/projection.ts';
import { createProjectionMetrics } from './projection/projection-metrics.ts';
import { createRetryParked, type RetryOutcome } from './projection/retry-parked.ts';
import { createWaitingRoom, type WaitLimits } from './projection/waiting-room.ts';

const GROUP = 'user';
const SLICE_SIZE = 500;

/** What it reads. */
export const userTopics: readonly TopicSpec[] = [accountsTopic];
/** What its read model in MongoDB is searched by. */
export const userIndexes: readonly Index[] = profileIndexes();

export interface UserDeps {
  readonly backend: Backend;
  readonly logger: Logger;
  readonly registry: Registry;
  now?(): Date;
  /** In place of JWKS_URL, where auth is at hand. */
  readonly keys?: KeySource;
  /** How requests wait for the read model. */
  readonly waits?: Partial<WaitLimits>;
}

export interface UserService extends Service {
  /** Accounts that stand still, by id. */
  listParked(page: ParkedPage): Promise<readonly Parked[]>;
  /** Reads a parked account's records again, from the one that could not be applied. */
  retryParked(account: string): Promise<RetryOutcome>;
}

/** Its topics, and on a cluster its indexes, must exist when the service starts. May start again once stopped. */
export function compose(config: UserConfig, deps: UserDeps): UserService {
  const { logger, registry, now = () => new Date() } = deps;
  const { bus } = deps.backend;
  const profiles = profilesOn(deps.backend);
  const room = createWaitingRoom({ profiles, logger, ...(deps.waits ? { limits: deps.waits } : {}) });
  let subscription: Subscription | undefined;

  const metrics = createProjectionMetrics({
    registry,
    lag: async () => (await subscription?.lag()) ?? Number.NaN,
    parked: () => profiles.countParked(),
  });
  const project = createProjection({ profiles, metrics, logger, now, announce: room.announce });
  const verify = tokenVerifier({
    keys: deps.keys ?? remoteKeys(config.JWKS_URL ?? `${config.PUBLIC_URL}/.well-known/jwks.json`),
    issuer: config.PUBLIC_URL,
    audience: config.AUDIENCE,
    now,
  });

  return {
    name: 'user',
    routes: createRoutes({
      profiles,
      guards: guards({ verify, standing: createStanding(room), headers: accountSequenceHeader }),
    }),

    async start() {
      subscription = await bus.subscribe({
        topics: [ACCOUNTS_TOPIC],
        group: GROUP,
        handle: project,
        sliceSize: SLICE_SIZE,
      });
    },

    async stop() {
      await subscription?.close();
      subscription = undefined;
    },

    health: async () => [...(await readModelHealth(profiles)), busHealth(subscription)],
    listParked: profiles.listParked,
    retryParked: createRetryParked({ bus, profiles, announce: room.announce }),
  };
}

const readModelHealth = async (profiles: Profiles): Promise<readonly Dependency[]> => {
  try {
    const parked = await profiles.countParked();
    return [{ name: 'read model', state: 'ok', needed: true }, projectionHealth(parked)];
  } catch {
    return [{ name: 'read model', state: 'down', needed: true, detail: 'cannot be reached' }];
  }
};

const projectionHealth = (parked: number): Dependency =>
  parked === 0
    ? { name: 'projection', state: 'ok', needed: false }
    : { name: 'projection', state: 'degraded', needed: false, detail: `${parked} parked accounts` };

const busHealth = (subscription: Subscription | undefined): Dependency =>
  subscription?.healthy()
    ? { name: 'bus', state: 'ok', needed: false }
    : { name: 'bus', state: 'down', needed: false, detail: 'no records can be read' };
