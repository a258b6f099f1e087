/** Runs work under rate limits. Refusals by a limit, repeated commands and server errors do not count. */
import { StoreUnavailable } from '@latchkey/store';
import type { UseCaseDeps } from '../deps.ts';
import { type Allowance, type LimitName, type Limits, PointsUncertain } from '../ports/limits.ts';
import { Refused } from '../refused.ts';
import { assertAllowed } from './assert-allowed.ts';

/** How many points one request takes from which limit. */
export interface LimitCharge {
  readonly limit: LimitName;
  readonly key: string;
  /** The number of points. Default: 1. */
  readonly points?: number;
}

interface Outcome {
  /** Whether the command was a repeat of an earlier one, so that nothing was done. */
  readonly repeated?: boolean;
}

/**
 * Runs `work` if every limit allows it. The points are given back if a limit refuses, if the command was a repeat, or
 * if the error of the work leads to a 5xx response. If the work refuses the request (4xx), the points count.
 * @throws Refused (rate_limited), and whatever `work` throws
 */
export async function runWithinLimits<Result extends Outcome>(
  deps: Pick<UseCaseDeps, 'limits'>,
  takes: readonly LimitCharge[],
  work: () => Promise<Result>,
): Promise<Result> {
  return await runWithAllowance(deps, takes, (allowance) => {
    assertAllowed(allowance);
    return work();
  });
}

/** Like `runWithinLimits`, but lets `work` decide what to do if a limit refuses. */
export async function runWithAllowance<Result extends Outcome>(
  { limits }: Pick<UseCaseDeps, 'limits'>,
  takes: readonly LimitCharge[],
  work: (allowance: Allowance) => Promise<Result>,
): Promise<Result> {
  const taken: LimitCharge[] = [];
  async function giveBack(): Promise<void> {
    for (const { limit, key, points } of taken.splice(0)) await limits.giveBack(limit, key, points);
  }
  try {
    const allowance = await takeAll(limits, takes, taken);
    if (!allowance.allowed) await giveBack();
    const result = await work(allowance);
    if (result.repeated) await giveBack();
    return result;
  } catch (error) {
    if (isFault(error)) await giveBack();
    throw error;
  }
}

/** Takes the points of all charges. @param taken receives the points that were taken */
async function takeAll(
  limits: Limits,
  takes: readonly LimitCharge[],
  taken: LimitCharge[],
): Promise<Allowance> {
  for (const take of takes) {
    const allowance = await limits.take(take.limit, take.key, take.points);
    if (!allowance.allowed) return allowance;
    taken.push(take);
  }
  return { allowed: true };
}

/** Whether an error leads to a 5xx response. */
function isFault(error: unknown): boolean {
  return !(error instanceof Refused) || error.refusal.kind === 'overloaded';
}

/** The maximum number of charges to remember. Further ones are not given back, and count until their window ends. */
const MAX_OWED = 10_000;

export interface DeferredRefundLimits extends Limits {
  /** Gives back the points that could not be given back before. @throws StoreUnavailable */
  settle(): Promise<void>;
}

/** How many refunds are sent to the store at the same time. */
const REFUNDS_AT_ONCE = 50;

/**
 * Returns limits that give back what they owe: points whose `giveBack` failed because the store was down, and points
 * that a failed `take` may have counted. They are given back before the next `take`, or by `settle`. A process that is
 * killed forgets what it owes.
 */
export function withDeferredRefunds(limits: Limits): DeferredRefundLimits {
  const owed: LimitCharge[] = [];
  let settling: Promise<void> | undefined;

  function owe(charge: LimitCharge): void {
    if (owed.length < MAX_OWED) owed.push(charge);
  }

  async function giveBackOwed(): Promise<void> {
    while (owed.length > 0) {
      const charges = owed.splice(0, REFUNDS_AT_ONCE);
      const results = await Promise.allSettled(
        charges.map(({ limit, key, points }) => limits.giveBack(limit, key, points)),
      );
      const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : undefined));
      // A refund that fails because of a bug would fail each time.
      owed.unshift(...charges.filter((_, index) => reasons[index] instanceof StoreUnavailable));
      const reason = reasons.find((each) => each !== undefined);
      if (reason !== undefined) throw reason;
    }
  }
  function settle(): Promise<void> {
    settling ??= giveBackOwed().finally(() => {
      settling = undefined;
    });
    return settling;
  }

  return {
    ...limits,
    settle,
    async take(limit, key, points = 1) {
      await settle();
      try {
        return await limits.take(limit, key, points);
      } catch (error) {
        if (error instanceof PointsUncertain) owe({ limit, key, points });
        throw error;
      }
    },
    async giveBack(limit, key, points = 1) {
      owe({ limit, key, points });
      await settle().catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
      });
    },
  };
}
