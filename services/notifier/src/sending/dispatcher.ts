/**
 * Takes due deliveries from the store and has them sent, many at a time, each under a lease.
 *
 * The lease outlasts a try: a try is ended after {@link TRY_MS}, and content is handed to the server only while
 * both clocks say that the try is younger than that, so a process that stood still for minutes in the meantime does
 * not send what somebody else has taken over. The monotonic clock cannot be set, but stands still with a machine
 * that is suspended; the other one goes on.
 */
import type { Logger } from '@latchkey/process';
import { StoreUnavailable } from '@latchkey/store';
import { afterTry, type ProbeResult, type Settlement, type TryResult } from '../delivery/attempt.ts';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import type { NotifierMetrics } from '../metrics.ts';
import type { Clock } from '../ports/clock.ts';
import type { Deliveries } from '../ports/deliveries.ts';
import { afterResult, type Circuit, capacity, closed } from './circuit.ts';
import type { TrySending } from './sender.ts';

export const TRY_MS = 60_000;
export const LEASE_MS = 90_000;
/** How long `stop` waits for mails that are being handed over before it ends them, in ms. */
const GRACE_MS = 5_000;
/** The store is asked this often when nobody says that there is something, in ms: seldom while idle. */
const POLL_MS = { least: 500, whileAway: 500, most: 2_000 };
/** An outcome that cannot be written is tried again after so long, in ms, doubling. */
const REWRITE_MS = { least: 100, most: 1_000 };
/** How often mails that have run out are ended, in ms. */
const EXPIRE_MS = 1_000;

export interface DispatcherDeps {
  readonly deliveries: Deliveries;
  readonly trySending: TrySending;
  /** Asks the mail server whether it takes mail at all. */
  probe(): Promise<ProbeResult>;
  readonly clock: Clock;
  /** In [0, 1). */
  random(): number;
  /** A fresh name for each claim. */
  newOwner(): string;
  readonly metrics: NotifierMetrics;
  readonly logger: Logger;
  /** Mails in hand at the same time. */
  readonly concurrency: number;
}

/** When a claim was made, on both clocks. */
interface Beginning {
  readonly at: Date;
  readonly monotonic: number;
}

export interface Dispatcher {
  start(): void;
  /** Says that there is something due. */
  wake(): void;
  /** Takes nothing new and finishes what is in hand. Idempotent. */
  stop(): Promise<void>;
  /** What is known of the mail server. */
  circuit(): Circuit;
}

export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const { deliveries, clock, logger, metrics, random } = deps;
  const inHand = new Set<Promise<void>>();
  const stopping = new AbortController();
  const givingUp = new AbortController();
  /** Claims that were never answered: they may have taken something. */
  const unanswered = new Set<string>();
  let circuit: Circuit = closed;
  let woken = new AbortController();
  let running: Promise<void> | undefined;
  let probing = false;
  let nextExpiry = 0;
  let pause = POLL_MS.least;
  let storeAway = false;
  /** Whether more may be due than there was room for. */
  let moreDue = false;
  /** Deliveries whose outcome waits for the store. */
  const unwritten = new Set<string>();

  // With a reason: without one, an exception is made each time, with its stack.
  function wake(): void {
    woken.abort('woken');
  }

  function learn(result: TryResult | ProbeResult): void {
    const before = circuit.state;
    circuit = afterResult(circuit, { result, now: clock.monotonic(), random: random() });
    if (before === circuit.state) return;
    wake();
    if (circuit.state === 'open') logger.warn({ why: circuit.why }, 'the mail server takes no mail: probing');
    else logger.info('the mail server takes mail again');
  }

  /** Tells of an outage once, not at every try. */
  function learnOfStore(failure?: StoreUnavailable): void {
    if (storeAway === (failure !== undefined)) return;
    storeAway = failure !== undefined;
    if (storeAway) logger.warn({ err: failure }, 'deliveries cannot be reached: mails wait');
    else logger.info('deliveries can be reached again');
  }

  function isYoung({ at, monotonic }: Beginning): boolean {
    return clock.monotonic() - monotonic < TRY_MS && clock.now().getTime() - at.getTime() < TRY_MS;
  }

  async function attempt(delivery: ClaimedDelivery, began: Beginning): Promise<TryResult> {
    const signal = AbortSignal.any([givingUp.signal, AbortSignal.timeout(TRY_MS)]);
    function mayProceed(): boolean {
      return isYoung(began);
    }
    try {
      return await deps.trySending(delivery, { mayProceed, signal });
    } catch (error) {
      logger.error({ err: error, delivery: delivery.id }, 'a mail could not be made');
      return { kind: 'deferred' };
    }
  }

  /**
   * Writes an outcome, however long the store is away: a mail that was sent and is not marked so would be sent
   * again. @returns false if somebody else has taken the delivery over.
   */
  async function writeDown(id: string, owner: string, settlement: Settlement): Promise<boolean> {
    for (let wait = REWRITE_MS.least; ; wait = Math.min(REWRITE_MS.most, wait * 2)) {
      try {
        const held = await deliveries.settle(id, owner, settlement, { othersFollow: inHand.size > 1 });
        unwritten.delete(id);
        return held;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || givingUp.signal.aborted) throw error;
        unwritten.add(id);
        learnOfStore(error);
      }
      await clock.sleep(wait, givingUp.signal);
    }
  }

  async function handle(delivery: ClaimedDelivery, owner: string, began: Beginning): Promise<void> {
    const at = clock.now();
    const result = await attempt(delivery, began);
    learn(result);
    const tried = { at, ms: Math.round(clock.monotonic() - began.monotonic) };
    const settlement = afterTry(delivery, { result, ...tried, now: clock.now(), random: random() });
    metrics.tries.inc({ mail: delivery.mail, result: result.kind });
    if (result.kind === 'accepted') {
      metrics.delay.observe((clock.now().getTime() - delivery.occurredAt.getTime()) / 1000);
    }
    const held = await writeDown(delivery.id, owner, settlement);
    if (!held)
      logger.warn({ delivery: delivery.id, result: result.kind }, 'the lease was over before the outcome');
  }

  function takeUp(delivery: ClaimedDelivery, owner: string, began: Beginning): void {
    const handled = handle(delivery, owner, began)
      .catch((error: unknown) =>
        logger.error({ err: error, delivery: delivery.id }, 'an outcome was not written'),
      )
      .finally(() => {
        inHand.delete(handled);
        if (moreDue) wake();
      });
    inHand.add(handled);
  }

  async function expireNowAndThen(): Promise<void> {
    if (clock.monotonic() < nextExpiry) return;
    nextExpiry = clock.monotonic() + EXPIRE_MS;
    const ended = await deliveries.expire(clock.now());
    if (ended > 0) logger.info({ ended }, 'mails ran out before they could be sent');
  }

  /** Without it, what such a claim took would lie until the end of its lease. */
  async function releaseUnanswered(): Promise<void> {
    for (const owner of unanswered) {
      await deliveries.release(owner, clock.now());
      unanswered.delete(owner);
    }
  }

  /** @returns how many it took. */
  async function takeDue(limit: number): Promise<number> {
    await releaseUnanswered();
    const owner = deps.newOwner();
    // Read before the claim, so that the lease can only end later than we think.
    const began: Beginning = { at: clock.now(), monotonic: clock.monotonic() };
    unanswered.add(owner);
    const claimed = await deliveries.claim({ owner, now: began.at, leaseMs: LEASE_MS, limit });
    unanswered.delete(owner);
    for (const delivery of claimed) takeUp(delivery, owner, began);
    return claimed.length;
  }

  /** Finds out about the mail server where there is no mail to find out by. */
  async function probe(): Promise<void> {
    if (probing) return;
    probing = true;
    const result = await deps.probe();
    probing = false;
    if (!stopping.signal.aborted) learn(result);
  }

  /** @returns whether anything was found. */
  async function takeOrProbe(): Promise<boolean> {
    const limit = capacity(circuit, {
      now: clock.monotonic(),
      inHand: inHand.size,
      concurrency: deps.concurrency,
    });
    moreDue = limit === 0;
    if (limit === 0) return false;
    const taken = await takeDue(limit);
    moreDue = taken === limit;
    if (taken === 0 && circuit.state === 'open') void probe();
    return taken > 0;
  }

  /** What is due comes first: what has run out is never handed out, and nobody waits for its end. */
  async function round(): Promise<boolean> {
    const found = await takeOrProbe();
    await expireNowAndThen();
    if (unwritten.size === 0) learnOfStore();
    return found;
  }

  /** Waits until woken, or for a while that grows as long as nothing is found. */
  async function rest(found: boolean): Promise<void> {
    const most = circuit.state === 'open' ? POLL_MS.whileAway : POLL_MS.most;
    pause = found ? POLL_MS.least : Math.min(most, pause * 2);
    const untilProbe = circuit.state === 'open' ? circuit.probeAt - clock.monotonic() : 0;
    const ms = untilProbe > 0 ? Math.min(pause, untilProbe) : pause;
    await clock.sleep(ms, AbortSignal.any([woken.signal, stopping.signal]));
  }

  async function run(): Promise<void> {
    // Nobody waits for it: what is due finds out just as well.
    void probe();
    while (!stopping.signal.aborted) {
      woken = new AbortController();
      try {
        await rest(await round());
      } catch (error) {
        if (error instanceof StoreUnavailable) learnOfStore(error);
        else logger.error({ err: error }, 'deliveries cannot be read');
        // The intake's wake says that the store is back.
        await clock.sleep(POLL_MS.most, AbortSignal.any([woken.signal, stopping.signal]));
      }
    }
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
    start: () => {
      running ??= run();
    },
    wake,
    stop: async () => {
      stopping.abort();
      await finish();
    },
    circuit: () => circuit,
  };
}
