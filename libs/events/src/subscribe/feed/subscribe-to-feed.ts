/** Subscribes to Latchkey's event feed over HTTP. */
import type { BusRecord } from '@latchkey/bus';
import { type DecodedRecord, decodeRecord, type RecordAuthenticator } from '@latchkey/consumer';
import { catalogue, eventTypes } from '../../catalogue.ts';
import { readProofHeaders } from '../../headers.ts';
import { ACCOUNTS_TOPIC } from '../../topics.ts';
import { loggerWithoutStopWarnings, throwUncaughtException } from '../failures.ts';
import { consoleLogger, type Interest, type Subscription, subscribeToBus } from '../subscription.ts';
import { type CursorStore, memoryCursor } from './cursor-store.ts';
import { createFeedBus } from './feed-bus.ts';
import { confirmErasure, type FeedConnection } from './feed-client.ts';

/**
 * The options of a subscription to the feed, which contains the events of accounts. Two processes must not
 * use the same cursor.
 */
export interface FeedOptions extends Omit<Interest, 'group' | 'topics'>, FeedConnection {
  /**
   * Stores how far the feed was read. Default: in memory, so that each run of the program begins with the
   * first event.
   */
  readonly cursor?: CursorStore;
  /**
   * Called when no more events can be read, for example because the API key was revoked, so that the process
   * should exit. Not called for transient outages. Default: throws an uncaught exception, which ends the
   * process unless the process handles uncaught exceptions.
   */
  onFatal?(reason: Error): void;
  /** When aborted, ends the wait for a feed that is unreachable at startup. */
  readonly signal?: AbortSignal;
}

/**
 * Accepts all records: the feed contains only records that auth has published, and TLS authenticates the
 * feed's server.
 */
const trustFeed: RecordAuthenticator = async (records) => ({
  records: records.map(decodeTrusted),
  forged: [],
});

/**
 * Decodes an event of the feed. Does not check its hash, because the feed may omit fields that the hash
 * covers.
 */
function decodeTrusted(source: BusRecord): DecodedRecord {
  const proof = readProofHeaders(source.headers);
  return { ...decodeRecord(source), ...(typeof proof === 'string' ? {} : { link: proof }) };
}

/**
 * Subscribes to Latchkey's event feed over HTTP.
 * @throws FeedRefusedError if the API key is refused; if the signal is aborted, its reason
 */
export async function subscribeToFeed(options: FeedOptions): Promise<Subscription> {
  const {
    logger = consoleLogger,
    onFatal = throwUncaughtException,
    cursor = memoryCursor(),
    handlers,
    erased,
  } = options;
  const bus = createFeedBus({
    ...options,
    cursor,
    types: eventTypes.filter(
      (type) =>
        (handlers[type] || (erased && type === 'AccountErased')) && catalogue[type].topic === ACCOUNTS_TOPIC,
    ),
    logger: loggerWithoutStopWarnings(logger),
    onFatal,
  });
  return subscribeToBus(
    bus,
    {
      authenticate: trustFeed,
      confirm: (account, sequence) => confirmErasure(options, account, sequence),
    },
    { ...options, logger, group: 'feed' },
  );
}
