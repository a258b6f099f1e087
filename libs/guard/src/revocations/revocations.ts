/** Recognises revoked tokens by following the account events that revoke tokens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type FeedOptions,
  type KafkaOptions,
  type Subscription,
  subscribe,
} from '@latchkey/events/subscribe';
import { consoleLogger, type GuardLogger } from '../logger.ts';
import { type RevocationCheck, RevocationsUnavailable } from '../session-status.ts';
import { createRevokedTokens } from './revoked-tokens.ts';
import { waitUntilCaughtUp } from './when-caught-up.ts';

type Given = 'group' | 'handlers' | 'store' | 'topics' | 'observe' | 'signal' | 'logger' | 'cursor';

/** The options for reading the events from Kafka. */
interface KafkaSource {
  readonly kafka: Omit<KafkaOptions, Given> & {
    /**
     * The prefix of the consumer group's name. Each process adds its own suffix, so that it forms a group of
     * its own and reads all events. Default: `guard`.
     */
    readonly group?: string;
  };
}

/**
 * The options for reading the events from the feed. The API key must allow the event types that `revocations`
 * follows, but need not allow personal data.
 */
interface FeedSource {
  readonly feed: Omit<FeedOptions, Given>;
}

/** The source of the events: Kafka or the feed. */
export type RevocationsSource = (KafkaSource | FeedSource) & {
  /** Receives warnings and errors about reading the events. Default: the console. */
  readonly logger?: GuardLogger;
};

/** Recognises revoked tokens by following the account events. Created by {@link revocations}. */
export interface Revocations extends RevocationCheck {
  /**
   * Waits until the events that were on the log when {@link revocations} was called have been handled. Until
   * then, no token is accepted. Rejects if the events cannot be read and waiting does not help, for example
   * because the API key is refused; the error is also logged.
   */
  ready(): Promise<void>;
  /**
   * Returns whether events can currently be read. While they cannot, new revocations are not noticed, so
   * tokens that they revoke are still accepted.
   */
  healthy(): boolean;
  /** Stops following the events. Idempotent. */
  stop(): Promise<void>;
}

/** The maximum time that a request waits until all revocations from before the start are known, in ms. */
const REQUEST_WAITS_MS = 2000;

/**
 * Starts to follow, from the beginning of the log, the event AccountVerified and the events that revoke
 * tokens (SessionsRevoked, RoleChanged, AccountDisabled, RegistrationEnded, AccountErasureRequested,
 * AccountErased). Returns immediately. If servers are down, waits for them in the background.
 */
export function revocations(source: RevocationsSource): Revocations {
  const { logger = consoleLogger } = source;
  const tokens = createRevokedTokens(() => new Date());
  const stopping = new AbortController();
  let subscription: Subscription | undefined;
  let isReady = false;

  const started = start();
  started.catch((err: unknown) => {
    if (!stopping.signal.aborted)
      logger.error({ err }, 'account events cannot be read, so no access token is accepted');
  });
  let stopped: Promise<void> | undefined;

  async function start(): Promise<void> {
    const { handlers } = tokens;
    subscription = await open(source, { handlers, store: 'none', signal: stopping.signal, logger });
    await waitUntilCaughtUp(subscription, logger, stopping.signal);
    isReady = true;
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await started.catch(() => undefined);
    await subscription?.stop();
  }

  async function whenReady(): Promise<void> {
    const late = sleep(REQUEST_WAITS_MS, 'late' as const, { ref: false });
    if ((await Promise.race([started.catch(() => 'late' as const), late])) === 'late')
      throw new RevocationsUnavailable('It is not known yet which access tokens were revoked. Try again.');
  }

  return {
    ready: () => started,
    healthy: () => isReady && subscription?.healthy() === true,
    sessionStatus(claims) {
      return isReady ? tokens.sessionStatus(claims) : whenReady().then(() => tokens.sessionStatus(claims));
    },
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

function open(
  source: RevocationsSource,
  common: Pick<FeedOptions, 'handlers' | 'store' | 'signal' | 'logger'>,
): Promise<Subscription> {
  if ('feed' in source) return subscribe({ ...source.feed, ...common });
  const { group = 'guard', ...connection } = source.kafka;
  return subscribe({ ...connection, ...common, group: `${group}-${randomUUID()}` });
}
