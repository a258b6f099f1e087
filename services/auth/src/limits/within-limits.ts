/**
 * Runs work within rate limits. A request does not count if a limit refuses it, if it repeats an earlier
 * command, or if it ends with a server error.
 */
import { StoreUnavailable } from '@latchkey/store';
import type { UseCaseDeps } from '../deps.ts';
import {
  type RateLimitDecision,
  type RateLimitName,
  RateLimitPointsUncertain,
  type RateLimits,
} from '../ports/limits.ts';
import { Refused } from '../refused.ts';
import { assertRateLimitAllows } from './assert-rate-limit-allows.ts';

/** The points that a request takes from one rate limit. */
export interface RateLimitCharge {
  readonly limit: RateLimitName;
  readonly key: string;
  /** The number of points that the request takes. Default: 1. */
  readonly points?: number;
}

interface Outcome {
  /** True if the command of the request had already been carried out, so that the request had no effect. */
  readonly repeated?: boolean;
}

/**
 * Counts a request against the rate limits, and runs `work` if every limit allows it. Takes the count back if
 * a limit refuses, if `work` reports that the command was a repeat, or if `work` fails with an error that
 * leads to a 5xx response. If `work` refuses the request (4xx), the request still counts.
 * @throws Refused (rate_limited), and any error of `work`
 */
export async function runWithinLimits<Result extends Outcome>(
  deps: Pick<UseCaseDeps, 'limits'>,
  takes: readonly RateLimitCharge[],
  work: () => Promise<Result>,
): Promise<Result> {
  return await runEvenIfRateLimited(deps, takes, (allowance) => {
    assertRateLimitAllows(allowance);
    return work();
  });
}

/**
 * Counts a request against the rate limits like `runWithinLimits`. If a limit refuses the request, `work`
 * runs nevertheless: it gets the decision of the rate limits as its argument.
 */
export async function runEvenIfRateLimited<Result extends Outcome>(
  { limits }: Pick<UseCaseDeps, 'limits'>,
  takes: readonly RateLimitCharge[],
  work: (allowance: RateLimitDecision) => Promise<Result>,
): Promise<Result> {
  const taken: RateLimitCharge[] = [];
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

/**
 * Takes the points of each charge from its rate limit, and stops at the first limit that refuses.
 * @param taken collects the charges that succeeded
 */
async function takeAll(
  limits: RateLimits,
  takes: readonly RateLimitCharge[],
  taken: RateLimitCharge[],
): Promise<RateLimitDecision> {
  for (const take of takes) {
    const allowance = await limits.take(take.limit, take.key, take.points);
    if (!allowance.allowed) return allowance;
    taken.push(take);
  }
  return { allowed: true };
}

/** Returns whether an error leads to a 5xx response. */
function isFault(error: unknown): boolean {
  return !(error instanceof Refused) || error.refusal.kind === 'overloaded';
}

/**
 * The maximum number of outstanding refunds. Further refunds are lost: their points count until the window of
 * the limit ends.
 */
const MAX_OWED = 10_000;

/** Rate limits that retry failed refunds. */
export interface RateLimitsWithRefundRetries extends RateLimits {
  /** Retries all outstanding refunds. @throws StoreUnavailable */
  settle(): Promise<void>;
}

/** The maximum number of failed refunds that are retried at the same time. */
const REFUNDS_AT_ONCE = 50;

/**
 * Wraps rate limits so that failed refunds are retried: before the next `take`, and by `settle`. A refund is
 * outstanding in two cases: `giveBack` failed because the store was unavailable, or it is unknown whether a
 * failed `take` has counted its points. Outstanding refunds are only kept in memory, so they are lost if the
 * process is killed.
 */
export function withRefundRetries(limits: RateLimits): RateLimitsWithRefundRetries {
  const owed: RateLimitCharge[] = [];
  let settling: Promise<void> | undefined;

  function owe(charge: RateLimitCharge): void {
    if (owed.length < MAX_OWED) owed.push(charge);
  }

  async function giveBackOwed(): Promise<void> {
    while (owed.length > 0) {
      const charges = owed.splice(0, REFUNDS_AT_ONCE);
      const results = await Promise.allSettled(
        charges.map(({ limit, key, points }) => limits.giveBack(limit, key, points)),
      );
      const reasons = results.map((result) => (result.status === 'rejected' ? result.reason : undefined));
      // Do not retry refunds that failed for a reason other than an unavailable store: such a failure is a bug
      // and would recur.
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
        if (error instanceof RateLimitPointsUncertain) owe({ limit, key, points });
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
