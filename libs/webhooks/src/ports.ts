/**
 * The stores of webhooks. If a store fails, its methods reject with StoreUnavailable; they never reject otherwise.
 */
import type {
  KeyFingerprints,
  LeaseRecords,
  MoveSource,
  MoveTarget,
  Preparable,
  StoredKeyUses,
} from '@latchkey/store';
import type { WebhookEndpoint } from './endpoint.ts';

export interface Endpoints {
  /**
   * Adds an endpoint with a new id, unless the store already contains `most` endpoints. The limit also holds for
   * concurrent calls and several processes, provided that all of them pass the same `most`.
   * @returns false if the limit is reached
   */
  add(endpoint: WebhookEndpoint, most: number): Promise<boolean>;
  find(id: string): Promise<WebhookEndpoint | undefined>;
  /** Returns all endpoints, sorted by id. */
  list(): Promise<readonly WebhookEndpoint[]>;
  /**
   * Replaces the stored endpoint and increments its version, if the stored version is still `endpoint.version`.
   * @returns false if the endpoint was changed or removed in the meantime
   */
  replace(endpoint: WebhookEndpoint): Promise<boolean>;
  /**
   * Removes an endpoint with its attempts and with its sequences from before a move. @returns false if it did not
   * exist
   */
  remove(id: string): Promise<boolean>;
}

/** One request to an endpoint. Contains no personal data. */
export interface Attempt {
  /** The number of this attempt; each endpoint counts its own attempts. */
  readonly n: number;
  readonly at: Date;
  /** The id of the event, which the request contains as `webhook-id`. */
  readonly event: string;
  readonly type: string;
  readonly account: string;
  readonly delivered: boolean;
  /** The status of the response, if there was one. */
  readonly status?: number;
  /** Why the attempt failed. */
  readonly reason?: string;
  readonly milliseconds: number;
}

/** How many attempts of an endpoint are kept. */
export const MAX_KEPT_ATTEMPTS = 1000;

export interface Attempts {
  /** Stores attempts. Each replaces the one that is {@link MAX_KEPT_ATTEMPTS} older. */
  put(endpoint: string, attempts: readonly Attempt[]): Promise<void>;
  /** Returns attempts, the latest first. */
  list(
    endpoint: string,
    page: {
      readonly limit: number;
      /** Only attempts with a lower number are returned. */
      readonly before?: number;
    },
  ): Promise<readonly Attempt[]>;
}

/** An attempt and the endpoint that it was made to. */
export interface StoredAttempt {
  readonly endpoint: string;
  readonly attempt: Attempt;
}

/** The sequence up to which the events of an account had been sent when `ops move` replaced the log. */
export interface SentSequence {
  readonly account: string;
  /** The endpoint to which the sequence applies. Unset: it applies to all endpoints without a sequence of their own. */
  readonly endpoint?: string;
  /** The sequence of the last event that was sent; 0 if none was. */
  readonly sequence: number;
}

export interface SentSequences {
  /**
   * Returns the sequence up to which the events of each account were sent to an endpoint before a move. Accounts that
   * were not moved are absent.
   */
  find(endpoint: string, accounts: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface WebhookStorage extends Preparable {
  readonly endpoints: Endpoints;
  readonly attempts: Attempts;
  readonly sentBefore: SentSequences;
  /** The fingerprints of the keys in WEBHOOK_SECRET_KEY that the user service was started with. */
  readonly keyFingerprints: KeyFingerprints;
  /** The leases that decide which process sends to an endpoint. */
  readonly leases: LeaseRecords;
  /**
   * Releases all leases if only one server at a time can use the store, because the previous server has then ended.
   * Otherwise does nothing.
   */
  voidLeases(): Promise<void>;
  /** Set if webhooks can be moved from this kind of store. */
  readonly source?: {
    readonly endpoints: MoveSource<WebhookEndpoint>;
    readonly attempts: MoveSource<StoredAttempt>;
    readonly keys: MoveSource<StoredKeyUses>;
  };
  /** Set if webhooks can be moved into this kind of store. */
  readonly target?: {
    readonly endpoints: MoveTarget<WebhookEndpoint>;
    readonly attempts: MoveTarget<StoredAttempt>;
    readonly sentBefore: MoveTarget<SentSequence>;
    readonly keys: MoveTarget<StoredKeyUses>;
  };
}

/**
 * Changes an endpoint. Retries if another process has changed it meanwhile.
 * @param change returns undefined to keep the endpoint unchanged
 * @returns the endpoint after the change; undefined if there is none
 */
export async function changeEndpoint(
  endpoints: Pick<Endpoints, 'find' | 'replace'>,
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
