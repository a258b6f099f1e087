/**
 * Publishes reports about mails as events, at least once: a report that was published but not marked as
 * published is published again.
 */
import type { Bus } from '@latchkey/bus';
import { DELIVERIES_TOPIC, type EncodedEvent, encode, type LatchkeyEvent } from '@latchkey/events';
import type { Logger } from '@latchkey/process';
import { createExponentialBackoff, createLoopWakeup, runLoop } from '@latchkey/process/loop';
import { StoreUnavailable } from '@latchkey/store';
import { v5 as uuidv5 } from 'uuid';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore, DeliveryWithReport } from '../ports/deliveries.ts';

const NAMESPACE = '0b6f3f5e-8c1d-5a57-9a0e-6a3e5f1c7d42';
/** The maximum number of reports that are published together. */
const BATCH = 100;
/**
 * The shortest and the longest pause between reads of the store, in ms. The store may contain reports that
 * another notifier recorded but did not publish before it died.
 */
const POLL_MS = { least: 1_000, most: 10_000 };

/**
 * Returns the event that publishes a report. The id of the event is derived from the delivery, so a report
 * that is published twice has the same event id.
 */
export function toReportEvent({
  id,
  mail,
  subject,
  eventId,
  ...delivery
}: DeliveryWithReport): LatchkeyEvent {
  const { correlationId, recipient, report } = delivery;
  const envelope = {
    id: uuidv5(`${id} ${report.state}`, NAMESPACE),
    subject: id,
    // The subject of this event is the delivery. A delivery has at most one report, so this event is the
    // first and only event of its subject.
    sequence: 1,
    time: report.at.toISOString(),
    correlationId,
    causationId: eventId,
  };
  const data = {
    deliveryId: id,
    mail,
    cause: { subject, eventId },
    person: { recipient: recipient.fingerprint },
  };
  return report.state === 'bounced'
    ? {
        ...envelope,
        type: 'MailBounced',
        data: { ...data, ...(report.status !== undefined && { status: report.status }) },
      }
    : { ...envelope, type: 'MailMarkedAsSpam', data };
}

function recordOf(delivery: DeliveryWithReport): EncodedEvent {
  return encode(toReportEvent(delivery));
}

export interface ReportPublisherDeps {
  readonly deliveries: Pick<DeliveryStore, 'unpublished' | 'markPublished'>;
  readonly bus: Pick<Bus, 'publish'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Logger;
}

/** Publishes recorded reports about mails in the background. */
export interface ReportPublisher {
  start(): void;
  /** Makes the publisher read the store immediately, because a report was recorded. */
  wake(): void;
  /** Stops the publisher. If reports are being published, waits until that has ended. Idempotent. */
  stop(): Promise<void>;
  /** Returns whether reports currently cannot be published. */
  isFailing(): boolean;
}

export function createReportPublisher(deps: ReportPublisherDeps): ReportPublisher {
  const { deliveries, bus, clock, logger } = deps;
  const stopping = new AbortController();
  const wakeup = createLoopWakeup();
  let failing = false;
  let running: Promise<void> | undefined;

  async function publishSome(): Promise<boolean> {
    const reported = await deliveries.unpublished(BATCH);
    if (reported.length === 0) return false;
    await bus.publish(DELIVERIES_TOPIC, reported.map(recordOf));
    await deliveries.markPublished(reported.map(({ id }) => id));
    return reported.length === BATCH;
  }

  return {
    start() {
      running ??= runLoop(
        {
          every: POLL_MS.most,
          backoff: createExponentialBackoff(POLL_MS),
          wake: wakeup,
          signal: stopping.signal,
          sleep: clock.sleep,
          onFailure(error) {
            // Do not log outages of the store here, because other parts, which use the store all the time, log
            // them.
            if (failing || error instanceof StoreUnavailable) return;
            failing = true;
            logger.warn({ err: error }, 'reports of mails cannot be published: they wait');
          },
          onRecovery() {
            if (failing) logger.info('reports of mails are published again');
            failing = false;
          },
        },
        publishSome,
      );
    },
    wake: wakeup.wake,
    async stop() {
      stopping.abort();
      await running;
    },
    isFailing: () => failing,
  };
}
