/** Sends due deliveries, many at a time, each under a lease, and records the outcomes. */
import type { Logger } from '@latchkey/process';
import { afterTry, type ProbeResult, type TryResult } from '../delivery/attempt.ts';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Deliveries } from '../ports/deliveries.ts';
import type { Circuit } from './circuit.ts';
import { createClaims } from './claims.ts';
import { type Lease, type LeaseTimes, mayStillSend } from './lease.ts';
import { createOutcomes } from './outcomes.ts';
import type { TrySending } from './sender.ts';
import { createServerWatch } from './server-watch.ts';
import { createStoreWatch } from './store-watch.ts';

/** How long `stop` waits for mails that are being sent before it aborts them, in ms. */
const GRACE_MS = 5_000;

export interface DispatcherDeps extends LeaseTimes {
  readonly deliveries: Deliveries;
  readonly trySending: TrySending;
  /** Asks the mail server whether it accepts mail. Never rejects. */
  probe(): Promise<ProbeResult>;
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
  /** Returns a unique name for each claim. */
  newOwner(): string;
  readonly metrics: NotifierMetrics;
  readonly logger: Logger;
  /** The most deliveries to send at the same time. */
  readonly concurrency: number;
}

export interface Dispatcher {
  start(): void;
  /** Claims at once: something may be due. */
  wake(): void;
  /** Claims nothing more and finishes what it is sending. Idempotent. */
  stop(): Promise<void>;
  /** What is known of the mail server. */
  circuit(): Circuit;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { clock, logger, metrics, random, tryMs } = deps;
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  const givingUp = new AbortController();
  const store = createStoreWatch(logger);
  const server = createServerWatch({ ...deps, onChange: () => claims.wake(), signal: stopping.signal });
  const recordOutcome = createOutcomes({ ...deps, store, signal: givingUp.signal });
  const claims = createClaims({ ...deps, server, store, inHand: () => inHand.size, onClaimed });
  let running: Promise<void> | undefined;

  async function trySending(delivery: ClaimedDelivery, lease: Lease): Promise<TryResult> {
    const signal = AbortSignal.any([givingUp.signal, AbortSignal.timeout(tryMs)]);
    try {
      return await deps.trySending(delivery, { mayProceed: () => mayStillSend(lease, clock, tryMs), signal });
    } catch (error) {
      logger.error({ err: error, delivery: delivery.id }, 'a mail could not be made');
      return { kind: 'deferred' };
    }
  }

  function measure({ mail, occurredAt }: ClaimedDelivery, { kind: result }: TryResult): void {
    metrics.tries.inc({ mail, result });
    if (result === 'accepted') metrics.delay.observe((clock.now().getTime() - occurredAt.getTime()) / 1000);
  }

  async function handle(delivery: ClaimedDelivery, lease: Lease): Promise<void> {
    const at = clock.now();
    const result = await trySending(delivery, lease);
    server.learn(result);
    measure(delivery, result);
    const ms = Math.round(clock.monotonic() - lease.monotonic);
    const settlement = afterTry(delivery, { result, at, ms, now: clock.now(), random: random() });
    const { id } = delivery;
    const { owner } = lease;
    const held = await recordOutcome({ id, owner, settlement, othersFollow: inHand.size > 1 });
    if (!held) logger.warn({ delivery: id, result: result.kind }, 'the lease expired before the outcome');
  }

  function onClaimed(delivery: ClaimedDelivery, lease: Lease): void {
    const handled = handle(delivery, lease)
      .catch((error: unknown) =>
        logger.error({ err: error, delivery: delivery.id }, 'an outcome was not recorded'),
      )
      .finally(() => {
        inHand.delete(handled);
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
    async stop() {
      stopping.abort();
      await finish();
    },
    circuit: server.circuit,
  };
}
