/** Puts the user service together. */
import type { Bus, Subscription } from '@latchkey/bus';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
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
import type { Database } from '@latchkey/sqlite';
import { createSqliteProfiles } from './adapters/profiles.sqlite.ts';
import type { UserConfig } from './config.ts';
import { accountSequenceHeader } from './http/account-sequence.ts';
import { createRoutes } from './http/routes.ts';
import { createStanding } from './http/standing.ts';
import type { Profiles } from './ports/profiles.ts';
import type { Parked } from './profile/account.ts';
import { createProjection } from './projection/projection.ts';
import { createProjectionMetrics } from './projection/projection-metrics.ts';
import { createRetryParked, type RetryOutcome } from './projection/retry-parked.ts';
import { createWaitingRoom, type WaitLimits } from './projection/waiting-room.ts';

const GROUP = 'user';
const SLICE_SIZE = 500;

/** Everything in one process, on one data folder. Bus and database belong to who hands them in. */
export interface EmbeddedBackend {
  readonly kind: 'embedded';
  readonly database: Database;
  readonly bus: Bus;
}

export interface UserDeps {
  readonly backend: EmbeddedBackend;
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
  listParked(): Promise<readonly Parked[]>;
  /** Reads a parked account's records again, from the one that could not be applied. */
  retryParked(account: string): Promise<RetryOutcome>;
}

/** The topic must exist when the service starts. */
export function compose(config: UserConfig, deps: UserDeps): UserService {
  const { logger, registry, now = () => new Date() } = deps;
  const { bus } = deps.backend;
  const profiles = createSqliteProfiles(deps.backend.database);
  const room = createWaitingRoom({ profiles, logger, ...(deps.waits ? { limits: deps.waits } : {}) });
  let subscription: Subscription | undefined;

  const metrics = createProjectionMetrics({
    registry,
    lag: async () => (await subscription?.lag()) ?? Number.NaN,
    parked: async () => (await profiles.counts()).parked,
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

    health: async () => [...(await readModelHealth(profiles)), logHealth(subscription)],
    listParked: profiles.listParked,
    retryParked: createRetryParked({ bus, profiles, announce: room.announce }),
  };
}

const readModelHealth = async (profiles: Profiles): Promise<readonly Dependency[]> => {
  try {
    const { parked } = await profiles.counts();
    return [{ name: 'read model', state: 'ok', needed: true }, projectionHealth(parked)];
  } catch {
    return [{ name: 'read model', state: 'down', needed: true, detail: 'cannot be reached' }];
  }
};

const projectionHealth = (parked: number): Dependency =>
  parked === 0
    ? { name: 'projection', state: 'ok', needed: false }
    : { name: 'projection', state: 'degraded', needed: false, detail: `${parked} parked accounts` };

const logHealth = (subscription: Subscription | undefined): Dependency =>
  subscription?.healthy()
    ? { name: 'log', state: 'ok', needed: false }
    : { name: 'log', state: 'down', needed: false, detail: 'no records can be read' };
