import type { Kafka } from 'kafkajs';
import { onEachKafkajsConnection, type RequestQueue } from './wrap-clusters.ts';

/** How often a connection looks for requests that have timed out, in ms. */
const TIMEOUT_CHECK_EVERY_MS = 2000;

/**
 * Makes kafkajs wake up less often. By default, kafkajs looks for pending requests about a thousand times a
 * second per connection, even if there are none. This timer costs an idle consumer about 7 % of a core, and
 * makes Node warn about a negative delay. Without this timer, pending requests are still sent, because
 * kafkajs also sets a timer whenever it queues a request. In addition, kafkajs checks for request timeouts
 * every 2 s instead of every 100 ms, because an idle service with three connections would wake up 30 times a
 * second for this check. Changes only the connections of this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function slowDownRequestTimers(kafka: Kafka): void {
  onEachKafkajsConnection(kafka, ({ requestQueue }) => slowTimersOf(requestQueue));
}

function slowTimersOf(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
  queue.scheduleRequestTimeoutCheck = () => checkTimeouts(queue);
}

/**
 * Checks for requests that have timed out. Used in place of a method of kafkajs that makes the same check
 * more often.
 */
function checkTimeouts(queue: RequestQueue): void {
  if (!queue.enforceRequestTimeout) return;
  queue.destroy();
  queue.requestTimeoutIntervalId = setInterval(
    () => {
      for (const request of queue.inflight.values())
        if (Date.now() - request.sentAt > request.requestTimeout) request.timeoutRequest();
      if (!queue.isConnected()) queue.destroy();
    },
    Math.min(queue.requestTimeout, TIMEOUT_CHECK_EVERY_MS),
  );
}
