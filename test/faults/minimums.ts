/** Computes the minimum counts of a run from its plan. A run that does not reach them proves nothing. */
import type { PlannedFault } from './nemesis/schedule.ts';
import type { MinimumCounts } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { actionShare, type TrafficAction } from './traffic/mixes.ts';

/** The operations that each action of the traffic causes. */
const SHOWN_BY: Readonly<Partial<Record<TrafficAction, readonly string[]>>> = {
  changeProfile: ['profile'],
  readProfile: ['me'],
  refresh: ['refresh'],
  login: ['login'],
  logout: ['logout'],
  logoutAll: ['logout-all'],
  changePassword: ['change-password'],
  resetPassword: ['reset'],
  changeRole: ['role'],
  disableAndEnable: ['disable'],
  sendMail: ['mailing'],
  join: ['sign-up'],
  eraseAccount: ['erase', 'erase-other', 'keep-account'],
  changeEmail: ['change-email', 'confirm-email', 'undo-email'],
};

/**
 * The fraction of its planned journeys that a run must complete. It is lower for short runs, because a machine may be
 * very busy during all of a short run.
 */
const DONE_SHARE = { long: 1 / 40, short: 1 / 600 } as const;
/** Runs of at least this duration are long: their minimums are higher, and they must contain each frequent fault. */
const LONG_SECONDS = 240;
const ALWAYS: Readonly<Record<string, number>> = { 'sign-up': 1, verify: 1, login: 1 };
/**
 * The fraction of the planned journeys that must begin, even on a slow machine: no journey begins while too many others
 * are in progress.
 */
const BEGUN_SHARE = 1 / 20;
/** The fraction of the requested erasures that are carried out; the others wait a week or are canceled. */
const CARRIED_OUT_SHARE = 1 / 3;
/** In a long run, a fault that was planned at least this often must have hit something. */
const OFTEN = 3;

export function minimumCountsFor(
  { seconds, rate, mix, embedded }: Pick<FaultSettings, 'seconds' | 'rate' | 'mix' | 'embedded'>,
  plan: readonly PlannedFault[],
): MinimumCounts {
  const planned = Map.groupBy(plan, ({ fault }) => fault);
  const length = seconds >= LONG_SECONDS ? 'long' : 'short';
  const journeys = seconds * rate * DONE_SHARE[length];
  const erasures = journeys * actionShare(mix, 'eraseAccount');
  return {
    sent: Math.floor(seconds * rate * BEGUN_SHARE),
    acknowledged: {
      // Everything else depends on these: everyone who acts has signed up, verified the address and logged in.
      ...ALWAYS,
      ...Object.fromEntries(
        Object.entries(SHOWN_BY).flatMap(([habit, ops]) =>
          ops.map((op) => [
            op,
            Math.max(
              ALWAYS[op] ?? 0,
              Math.floor((journeys * actionShare(mix, habit as TrafficAction)) / ops.length),
            ),
          ]),
        ),
      ),
    },
    hits:
      length === 'long'
        ? Object.fromEntries(
            [...planned].filter(([, its]) => its.length >= OFTEN).map(([fault]) => [fault, 1]),
          )
        : {},
    kindsOfFaults: Math.floor(planned.size / 2),
    duplicates: length === 'long' ? 1 : 0,
    erased: length === 'long' ? Math.max(embedded ? 1 : 0, Math.floor(erasures * CARRIED_OUT_SHARE)) : 0,
  };
}
