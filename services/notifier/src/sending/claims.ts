/** Claims as many due deliveries as may be sent, and ends expired ones. */
import type { Logger } from '@latchkey/process';
import { createExponentialBackoff, createLoopWakeup, runLoop } from '@latchkey/process/loop';
import { createLeaseWatch, StoreUnavailable } from '@latchkey/store';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeliveryStore, NewDeliveriesClaim } from '../ports/deliveries.ts';
import { countClaimableDeliveries } from './circuit.ts';
import { beginDeliveryLease, type DeliveryLease, type DeliveryLeaseRenewer } from './lease.ts';
import type { MailServerMonitor } from './server-watch.ts';
import type { StoreOutageLog } from './store-watch.ts';

/** The pauses between searches of the store for due deliveries, in ms. `wake` ends a pause early. */
const POLL_MS = { least: 500, whileAway: 500, most: 2_000 };
/** How often expired leases are freed, and deliveries past their `sendUntil` are ended, in ms. */
const TIDY_MS = 1_000;

/** The name of this part of the dispatcher in the StoreOutageLog. */
const CLAIMS = 'claims';

export interface DeliveryClaimerDeps {
  readonly deliveries: Pick<DeliveryStore, 'claim' | 'release' | 'held' | 'free' | 'expire'>;
  readonly server: MailServerMonitor;
  readonly store: StoreOutageLog;
  readonly leases: DeliveryLeaseRenewer;
  /** How long a claimed delivery belongs to the process that claimed it, in ms. */
  readonly leaseMs: number;
  readonly clock: Clock;
  /**
   * Returns whether deliveries past their `sendUntil` may be ended. False while the clock is not trusted.
   * Default: always true.
   */
  mayExpire?(): boolean;
  readonly logger: Logger;
  /** Returns a name that is unique for each claim. */
  newOwner(): string;
  /** Returns the maximum number of deliveries to send at the same time. */
  concurrency(): number;
  /** Returns how many deliveries are being sent. */
  inHand(): number;
  /** Called for each claimed delivery, to start sending its mail. */
  onClaimed(delivery: ClaimedDelivery, lease: DeliveryLease): void;
}

/** The part of the dispatcher that claims deliveries. */
export interface DeliveryClaimer {
  /** Claims due deliveries and polls for further ones until `signal` is aborted. */
  run(signal: AbortSignal): Promise<void>;
  /** Makes the claimer claim immediately, because deliveries may be due. */
  wake(): void;
  /**
   * Stores new deliveries with a single write that also claims them, and starts sending the claimed ones.
   * @param count the maximum number of deliveries that `store` adds
   * @param store stores the deliveries. Its argument is undefined if the deliveries must not be claimed, for
   * example because other deliveries are due or the mail server does not respond
   * @returns the result of `store`
   * @throws the errors of `store`. Deliveries that it may have claimed nevertheless are released later
   */
  claimNew<Result extends { readonly claimed: readonly ClaimedDelivery[] }>(
    count: number,
    store: (claim?: NewDeliveriesClaim) => Promise<Result>,
  ): Promise<Result>;
  /**
   * Must be called when a delivery has been handled. If more deliveries are due than could be claimed, claims
   * further ones, but only once half of the capacity is free. Claiming after every delivery would be slower:
   * each claim is a write, and any write makes the store write the outcomes that it is still collecting.
   */
  onFinished(): void;
}

export function createDeliveryClaimer(deps: DeliveryClaimerDeps): DeliveryClaimer {
  const { deliveries, server, store, clock, logger } = deps;
  const tidy = createTidying(deps);
  const wakeup = createLoopWakeup();
  /** The names of the claims that got no response. Such a claim may have succeeded. */
  const unanswered = new Set<string>();
  /** Whether the last claim used all capacity, so that more deliveries may be due. True before the first claim. */
  let moreDue = true;
  /** How many deliveries the claims that are in progress may claim. */
  let reserved = 0;
  /** Ends `run`. Undefined before `run` begins. */
  let stopping: AbortSignal | undefined;

  /**
   * Releases the deliveries of claims that got no response. Otherwise these deliveries would be held until
   * the lease ends.
   */
  async function releaseUnanswered(): Promise<void> {
    for (const owner of unanswered) {
      await deliveries.release(owner, clock.now());
      unanswered.delete(owner);
    }
  }

  /**
   * Claims up to `limit` due deliveries.
   * @returns how many were claimed
   */
  async function claim(limit: number): Promise<number> {
    await releaseUnanswered();
    const lease = beginDeliveryLease(deps.newOwner(), clock);
    unanswered.add(lease.owner);
    const { owner, at: now } = lease;
    const claimed = await deliveries.claim({ owner, now, leaseMs: deps.leaseMs, limit });
    unanswered.delete(owner);
    for (const delivery of claimed) deps.onClaimed(delivery, lease);
    return claimed.length;
  }

  /** Returns how many more deliveries may be claimed now. */
  function capacity(): number {
    const inHand = deps.inHand() + reserved;
    const load = { now: clock.monotonic(), inHand, concurrency: deps.concurrency() };
    return countClaimableDeliveries(server.circuit(), load);
  }

  /** Claims up to `limit` deliveries with `claimSome`. Until it ends, other claims cannot use this capacity. */
  async function reserve<Result>(limit: number, claimSome: () => Promise<Result>): Promise<Result> {
    reserved += limit;
    try {
      return await claimSome();
    } finally {
      reserved -= limit;
    }
  }

  function isRunning(): boolean {
    return stopping !== undefined && !stopping.aborted;
  }

  /**
   * Returns how many of `count` new deliveries may be claimed immediately. Returns 0 if other deliveries may
   * be due, because they must be sent first, and if the mail server accepts no mail.
   */
  function capacityForNew(count: number): number {
    return isRunning() && !moreDue && server.circuit().state === 'closed' ? Math.min(count, capacity()) : 0;
  }

  async function claimNew<Result extends { readonly claimed: readonly ClaimedDelivery[] }>(
    count: number,
    store: (claim?: NewDeliveriesClaim) => Promise<Result>,
  ): Promise<Result> {
    const limit = capacityForNew(count);
    if (limit === 0) return store();
    const lease = beginDeliveryLease(deps.newOwner(), clock);
    const { owner } = lease;
    return reserve(limit, async () => {
      try {
        const result = await store({ owner, leaseMs: deps.leaseMs, limit });
        if (isRunning()) for (const delivery of result.claimed) deps.onClaimed(delivery, lease);
        else if (result.claimed.length > 0) await deliveries.release(owner, clock.now());
        return result;
      } catch (error) {
        unanswered.add(owner);
        throw error;
      }
    });
  }

  /**
   * Claims as many due deliveries as may be sent now.
   * @returns whether any were claimed
   */
  async function claimDue(): Promise<boolean> {
    const limit = capacity();
    const claimed = limit === 0 ? 0 : await reserve(limit, () => claim(limit));
    moreDue = claimed === limit;
    if (limit > 0 && claimed === 0 && server.circuit().state === 'open') server.probe();
    return claimed > 0;
  }

  /**
   * Claims due deliveries, then ends expired ones. The order does not matter, because a claim never returns
   * an expired delivery.
   */
  async function poll(): Promise<boolean> {
    await deps.leases.extendDue();
    const found = await claimDue();
    await tidy();
    store.recovered(CLAIMS);
    return found;
  }

  const whileClosed = createExponentialBackoff(POLL_MS);
  function pauseMs(idle: number): number {
    const circuit = server.circuit();
    if (circuit.state === 'closed') return whileClosed(idle);
    const untilProbe = circuit.probeAt - clock.monotonic();
    return untilProbe > 0 ? Math.min(POLL_MS.whileAway, untilProbe) : POLL_MS.whileAway;
  }

  function onFailure(error: unknown): void {
    if (error instanceof StoreUnavailable) store.failed(CLAIMS, error);
    else logger.error({ err: error }, 'deliveries cannot be read');
  }

  return {
    run(signal) {
      stopping = signal;
      return runLoop(
        {
          every: pauseMs,
          // The claimer may pause for long after a failure of the store. When the store recovers, the
          // notifier reads events from the log again, which wakes the claimer.
          backoff: () => POLL_MS.most,
          wake: wakeup,
          signal,
          sleep: clock.sleep,
          onFailure,
        },
        poll,
      );
    },
    wake: wakeup.wake,
    claimNew,
    onFinished() {
      if (moreDue && deps.inHand() <= deps.concurrency() / 2) wakeup.wake();
    },
  };
}

function createTidying({
  deliveries,
  clock,
  logger,
  leaseMs,
  mayExpire = () => true,
}: DeliveryClaimerDeps): () => Promise<void> {
  const watch = createLeaseWatch(clock.monotonic);
  let next = 0;
  return async () => {
    if (clock.monotonic() < next) return;
    next = clock.monotonic() + TIDY_MS;
    for (const lease of watch.expired(await deliveries.held(), leaseMs))
      await deliveries.free(lease, clock.now());
    if (!mayExpire()) return;
    const ended = await deliveries.expire(clock.now());
    if (ended > 0) logger.info({ ended }, 'mails expired before they could be sent');
  };
}
