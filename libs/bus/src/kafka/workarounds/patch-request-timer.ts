import { createRequire } from 'node:module';

/** The part of kafkajs's queue of requests that is patched here; kafkajs publishes no type for it. */
export interface RequestQueue {
  readonly clientId: string;
  /** Requests that wait because the broker throttles the client, or because too many are in flight. */
  readonly pending: readonly unknown[];
  /** Requests without a response so far, by correlation id. */
  readonly inflight: ReadonlyMap<number, InflightRequest>;
  readonly enforceRequestTimeout: boolean;
  /** The time within which the broker must respond to a request, in ms. */
  readonly requestTimeout: number;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  isConnected(): boolean;
  /** Closes the queue, and stops its timers. */
  destroy(): void;
}

interface InflightRequest {
  /** When the request was sent, by `Date.now`. */
  readonly sentAt: number;
  /** The time within which the broker must respond to a request, in ms. */
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

const queue: { readonly prototype: RequestQueue } = createRequire(import.meta.url)(
  'kafkajs/src/network/requestQueue/index.js',
);
const { scheduleCheckPendingRequests, scheduleRequestTimeoutCheck } = queue.prototype;
const clientIds = new Set<string>();

/** How often a connection looks for requests that have timed out, in ms. */
const TIMEOUT_CHECK_EVERY_MS = 2000;

/**
 * Stops the timer with which kafkajs looks for pending requests about a thousand times a second per
 * connection, even when there are none. It costs an idle consumer about 7 % of a core, and makes Node warn
 * about a negative delay. Pending requests are still sent, because kafkajs also sets a timer whenever it
 * queues a request. This patch also makes kafkajs check for request timeouts every 2 s instead of every 100
 * ms: an idle service has three connections, and would wake up 30 times a second. Idempotent.
 * @param clientId the client whose connections are patched; other clients in this process are not changed
 */
export function patchRequestTimer(clientId: string): void {
  clientIds.add(clientId);
  queue.prototype.scheduleCheckPendingRequests = function schedule() {
    if (this.pending.length > 0 || !clientIds.has(this.clientId)) scheduleCheckPendingRequests.call(this);
  };
  queue.prototype.scheduleRequestTimeoutCheck = function schedule() {
    if (clientIds.has(this.clientId)) checkTimeouts(this);
    else scheduleRequestTimeoutCheck.call(this);
  };
}

/**
 * Checks for requests that have timed out. Replaces a method of kafkajs that does the same at a different
 * interval.
 */
function checkTimeouts(requests: RequestQueue): void {
  if (!requests.enforceRequestTimeout) return;
  requests.destroy();
  requests.requestTimeoutIntervalId = setInterval(
    () => {
      for (const request of requests.inflight.values())
        if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!requests.isConnected()) requests.destroy();
    },
    Math.min(requests.requestTimeout, TIMEOUT_CHECK_EVERY_MS),
  );
}
