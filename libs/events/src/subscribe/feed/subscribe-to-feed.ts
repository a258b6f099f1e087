/** Subscribes to the feed. */
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
 * The options of a subscription to the feed, which contains the account events. A cursor must have only one
 * reader, so run one process per cursor.
 */
export interface FeedOptions extends Omit<Interest, 'group' | 'topics'>, FeedConnection {
  /** Stores the position in the feed. Default: in memory, so that every run begins with the first event. */
  readonly cursor?: CursorStore;
  /**
   * Called when events can no longer be read and the process should exit, for example because the key was revoked;
   * never for a transient outage. Default: throws an uncaught exception, which ends the process unless it handles
   * uncaught exceptions.
   */
  onFatal?(reason: Error): void;
  /** Stops waiting for a feed that is unreachable at startup. */
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
 * Decodes an event of the feed without checking its hash, because the feed may omit fields that the hash
 * covers.
 */
function decodeTrusted(source: BusRecord): DecodedRecord {
  const proof = readProofHeaders(source.headers);
  return { ...decodeRecord(source), ...(typeof proof === 'string' ? {} : { link: proof }) };
}

/** Subscribes to the feed. @throws FeedRefusedError if the key is refused; the signal's reason if it is aborted */
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
