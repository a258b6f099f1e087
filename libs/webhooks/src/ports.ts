/** The ports that store webhooks. Every method rejects only with StoreUnavailable, if the store fails. */
import type {
  KeyFingerprintStore,
  LeaseRecords,
  MoveSource,
  MoveTarget,
  StoredKeyUses,
  StorePreparation,
} from '@latchkey/store';
import type { WebhookEndpoint } from './endpoint.ts';

export interface EndpointStore {
  /**
   * Adds an endpoint with a new id, unless the store already contains `most` endpoints. The limit also holds
   * if several processes add endpoints at the same time, as long as all processes pass the same `most`.
   * @returns false if the limit is reached
   */
  add(endpoint: WebhookEndpoint, most: number): Promise<boolean>;
  find(id: string): Promise<WebhookEndpoint | undefined>;
  /** Returns all endpoints, sorted by id. */
  list(): Promise<readonly WebhookEndpoint[]>;
  /**
   * Replaces the stored endpoint if its version is still `endpoint.version`, and increments the version.
   * @returns false if the endpoint was changed or removed in the meantime
   */
  replace(endpoint: WebhookEndpoint): Promise<boolean>;
  /**
   * Removes an endpoint with its attempts and the sequences that a move has stored for it.
   * @returns false if there is no such endpoint
   */
  remove(id: string): Promise<boolean>;
}

/** A request that was sent to an endpoint, and its outcome. Contains no personal data. */
export interface DeliveryAttempt {
  /** The number of this attempt. The attempts of each endpoint are numbered separately. */
  readonly n: number;
  readonly at: Date;
  /** The id of the sent event, which is also the `webhook-id` header of the request. */
  readonly event: string;
  readonly type: string;
  readonly account: string;
  readonly delivered: boolean;
  /** The HTTP status of the response. Absent if there was no response. */
  readonly status?: number;
  /** Why the attempt failed. Absent if it succeeded. */
  readonly reason?: string;
  readonly milliseconds: number;
}

/** How many attempts are stored per endpoint; older attempts are overwritten. */
export const MAX_KEPT_DELIVERY_ATTEMPTS = 1000;

export interface DeliveryAttemptStore {
  /**
   * Stores attempts. An attempt overwrites the attempt whose number is lower by {@link
   * MAX_KEPT_DELIVERY_ATTEMPTS}.
   */
  put(endpoint: string, attempts: readonly DeliveryAttempt[]): Promise<void>;
  /** Returns the attempts of an endpoint, latest first. */
  list(
    endpoint: string,
    page: {
      readonly limit: number;
      /** If set, only attempts with a number below this one are returned. */
      readonly before?: number;
    },
  ): Promise<readonly DeliveryAttempt[]>;
}

/** An attempt with the id of its endpoint. */
export interface StoredDeliveryAttempt {
  readonly endpoint: string;
  readonly attempt: DeliveryAttempt;
}

/** How far the events of an account were sent before `ops move` replaced the log. */
export interface LastSentSequence {
  readonly account: string;
  /**
   * The id of the endpoint. Unset if the sequence applies to all endpoints that have no entry for this
   * account.
   */
  readonly endpoint?: string;
  /** The sequence of the last sent event; 0 if no event was sent. */
  readonly sequence: number;
}

export interface LastSentSequenceStore {
  /**
   * Returns, for each account, the sequence of the last event that was sent to the endpoint before `ops
   * move`. Accounts without a stored sequence are missing from the result.
   */
  find(endpoint: string, accounts: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface WebhookStorage extends StorePreparation {
  readonly endpoints: EndpointStore;
  readonly attempts: DeliveryAttemptStore;
  readonly sentBefore: LastSentSequenceStore;
  /** The fingerprints of the keys in WEBHOOK_SECRET_KEY with which the user service has started. */
  readonly keyFingerprints: KeyFingerprintStore;
  /** Leases, one per endpoint. Only the process that holds an endpoint's lease sends to the endpoint. */
  readonly leases: LeaseRecords;
  /**
   * Called when the service starts. If only one process can use a store of this kind, releases all leases,
   * because the process that held them has ended. Otherwise does nothing.
   */
  voidLeases(): Promise<void>;
  /** Set only if webhooks can be moved from this kind of store to another. */
  readonly source?: {
    readonly endpoints: MoveSource<WebhookEndpoint>;
    readonly attempts: MoveSource<StoredDeliveryAttempt>;
    readonly keys: MoveSource<StoredKeyUses>;
  };
  /** Set only if webhooks can be moved from another store to this kind of store. */
  readonly target?: {
    readonly endpoints: MoveTarget<WebhookEndpoint>;
    readonly attempts: MoveTarget<StoredDeliveryAttempt>;
    readonly sentBefore: MoveTarget<LastSentSequence>;
    readonly keys: MoveTarget<StoredKeyUses>;
  };
}

/**
 * Changes a stored endpoint. If another process changes the endpoint at the same time, reads it again and
 * retries.
 * @param change returns the changed endpoint; undefined to leave it unchanged
 * @returns the endpoint after the change; undefined if there is no such endpoint
 */
export async function updateEndpoint(
  endpoints: Pick<EndpointStore, 'find' | 'replace'>,
  id: string,
  change: (endpoint: WebhookEndpoint) => WebhookEndpoint | undefined,
): Promise<WebhookEndpoint | undefined> {
  for (;;) {
    const endpoint = await endpoints.find(id);
    const changed = endpoint && change(endpoint);
    if (changed === undefined) return endpoint;
    if (await endpoints.replace(changed)) return { ...changed, version: changed.version + 1 };
  }
}
