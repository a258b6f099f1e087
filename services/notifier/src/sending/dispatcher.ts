/** Sends due deliveries, many at a time, each under a lease, and records the results. */
import type { Logger } from '@latchkey/process';
import {
  type DeliveryAttemptResult,
  decideDeliveryOutcome,
  isBeforeSendDeadline,
  type MailServerProbeResult,
} from '../delivery/attempt.ts';
import type { ClaimedDelivery, RedactedRecipient } from '../delivery/delivery.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore } from '../ports/deliveries.ts';
import type { CircuitBreakerState } from './circuit.ts';
import { createDeliveryClaimer, type DeliveryClaimer } from './claims.ts';
import { createRefusalHistory } from './evidence.ts';
import { createDeliveryLeaseRenewer, type DeliveryLease } from './lease.ts';
import { createOutcomeRecorder } from './outcomes.ts';
import type { AttemptDelivery } from './sender.ts';
import { createMailServerMonitor } from './server-watch.ts';
import { createStoreOutageLog } from './store-watch.ts';

/** How long `stop` waits for mails that are being sent before it aborts them, in ms. */
const GRACE_MS = 5_000;

export interface DeliveryDispatcherDeps {
  readonly deliveries: DeliveryStore;
  readonly trySending: AttemptDelivery;
  /**
   * Returns the fingerprint and hint to keep in place of the recipient's address after a mail was sent.
   * Default: neither is kept.
   */
  recipientOf?(address: string): RedactedRecipient;
  /** Checks whether the mail server accepts mail. Never rejects. */
  probe(): Promise<MailServerProbeResult>;
  /** Returns how many connections the mail server is believed to allow. */
  connections(): number;
  readonly clock: Clock;
  /**
   * Returns whether deliveries past their `sendUntil` may be ended. False while the clock is not trusted.
   * Default: always true.
   */
  mayExpire?(): boolean;
  /** Returns a random number in [0, 1). */
  random(): number;
  /** Returns a name that is unique for each claim. */
  newOwner(): string;
  /** The name of this process, which is recorded with each attempt. */
  readonly sender: string;
  readonly metrics: NotifierMetrics;
  readonly logger: Logger;
  /** How long a claimed delivery belongs to the process that claimed it, in ms. */
  readonly leaseMs: number;
}

/**
 * How many mails are in progress per connection. While one mail is being sent, others are decrypted and
 * rendered, and the results of several mails are recorded in one write (docs/adr/0022).
 */
const IN_HAND_PER_CONNECTION = 6;

export interface DeliveryDispatcher {
  start(): void;
  /** Makes the dispatcher claim deliveries immediately, because some may be due. */
  wake(): void;
  /** Stores new deliveries and starts sending their mails: see `DeliveryClaimer`. */
  readonly claimNew: DeliveryClaimer['claimNew'];
  /** Stops claiming deliveries, and waits for the mails that are being sent. Idempotent. */
  stop(): Promise<void>;
  circuit(): CircuitBreakerState;
  /** Returns a description of what is wrong with the mail server; undefined while it accepts mails. */
  trouble(): string | undefined;
}

export function createDeliveryDispatcher(deps: DeliveryDispatcherDeps): DeliveryDispatcher {
  const { clock, logger, metrics, random } = deps;
  const inHand = new Set<Promise<void>>();
  /** How many outcomes of deliveries are being recorded. */
  let recording = 0;
  const stopping = new AbortController();
  const givingUp = new AbortController();
  const store = createStoreOutageLog(logger);
  const evidence = createRefusalHistory();
  const leases = createDeliveryLeaseRenewer(deps);
  const server = createMailServerMonitor({
    ...deps,
    evidence,
    onChange: () => claims.wake(),
    signal: stopping.signal,
  });
  const recordOutcome = createOutcomeRecorder({ ...deps, store, signal: givingUp.signal });
  const claims = createDeliveryClaimer({
    ...deps,
    server,
    store,
    leases,
    concurrency: () => IN_HAND_PER_CONNECTION * deps.connections(),
    inHand: () => inHand.size,
    onClaimed,
  });
  let running: Promise<void> | undefined;

  async function trySending(delivery: ClaimedDelivery): Promise<DeliveryAttemptResult> {
    const { id } = delivery;
    const options = {
      // Check again now, because the mail may have waited for a connection for minutes.
      mayProceed: () => leases.mayStillSend(id) && isBeforeSendDeadline(delivery, clock.now()),
      signal: givingUp.signal,
      stopping: stopping.signal,
    };
    try {
      return await deps.trySending(delivery, options);
    } catch (error) {
      logger.error({ err: error, delivery: id }, 'a mail could not be created');
      return { kind: 'broken-mail' };
    }
  }

  function measure({ mail, occurredAt }: ClaimedDelivery, result: DeliveryAttemptResult): void {
    metrics.tries.inc({ mail, result: result.kind });
    if ('failure' in result) metrics.failures.inc({ stage: result.failure.stage, class: result.kind });
    if (result.kind === 'accepted')
      metrics.delay.observe(Math.max(0, clock.now().getTime() - occurredAt.getTime()) / 1000);
  }

  /**
   * Returns whether recording an outcome may be delayed a little, so that one write records several outcomes.
   * Returns false once the outcomes that wait to be recorded make up half of the mails in progress: there
   * would soon be no mails left to send, and connections would be idle.
   */
  function othersFollow(): boolean {
    return inHand.size > recording && recording < (IN_HAND_PER_CONNECTION / 2) * deps.connections();
  }

  async function handle(delivery: ClaimedDelivery, lease: DeliveryLease): Promise<void> {
    const { id } = delivery;
    const at = clock.now();
    leases.keep(id, lease);
    const result = evidence.judge({ id, to: delivery.content.to }, await trySending(delivery));
    server.learn(result);
    measure(delivery, result);
    logFailure(logger, id, result);
    const ms = Math.round(clock.monotonic() - lease.monotonic);
    const recipient = deps.recipientOf?.(delivery.content.to);
    const settlement = decideDeliveryOutcome(delivery, {
      result,
      at,
      ms,
      now: clock.now(),
      sender: deps.sender,
      random: random(),
      recipient,
    });
    const { owner } = lease;
    recording += 1;
    const held = await recordOutcome({ id, owner, settlement, othersFollow: othersFollow() }).finally(() => {
      recording -= 1;
    });
    if (!held)
      logger.warn(
        { delivery: id, result: result.kind },
        'the lease of a mail expired before its outcome was recorded',
      );
  }

  function onClaimed(delivery: ClaimedDelivery, lease: DeliveryLease): void {
    const handled = handle(delivery, lease)
      .catch((error: unknown) =>
        logger.error({ err: error, delivery: delivery.id }, 'the outcome of a mail could not be recorded'),
      )
      .finally(() => {
        inHand.delete(handled);
        leases.drop(delivery.id);
        claims.onFinished();
      });
    inHand.add(handled);
  }

  async function finish(): Promise<void> {
    await running;
    const done = Promise.allSettled(inHand);
    const patience = new AbortController();
    await Promise.race([done, clock.sleep(GRACE_MS, patience.signal).then(() => givingUp.abort())]);
    await done;
    patience.abort();
  }

  return {
    start() {
      if (running) return;
      server.probe();
      running = claims.run(stopping.signal);
    },
    wake: claims.wake,
    claimNew: claims.claimNew,
    async stop() {
      stopping.abort();
      await finish();
    },
    circuit: server.circuit,
    trouble: server.trouble,
  };
}

/**
 * Logs why a mail was not sent. Failures that are not about the mail are logged by the monitors of the mail
 * server and of missing keys.
 */
function logFailure(logger: Logger, delivery: string, result: DeliveryAttemptResult): void {
  switch (result.kind) {
    case 'refused':
      logger.warn({ delivery, ...result.failure }, 'the mail server refuses the recipient of a mail');
      break;
    case 'undecided':
    case 'rejected':
      logger.warn({ delivery, ...result.failure }, 'the mail server refused a mail: it is tried again');
      break;
    case 'deferred':
      logger.info({ delivery, ...result.failure }, 'the mail server deferred a mail');
      break;
    case 'broken':
      logger.error({ delivery }, 'the link of a mail cannot be decrypted');
      break;
    case 'mismatch':
      logger.error({ delivery }, 'the link of a mail does not belong to its event');
      break;
    default:
  }
}
