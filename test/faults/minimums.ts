/** Computes how much of everything a run must contain to prove something, from what was planned. */
import type { PlannedFault } from './nemesis/schedule.ts';
import type { Minimums } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { type Habit, shareOf } from './traffic/mixes.ts';

/** The operations that show that a habit was carried out. */
const SHOWN_BY: Readonly<Partial<Record<Habit, readonly string[]>>> = {
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
 * very busy for all of one.
 */
const DONE_SHARE = { long: 1 / 40, short: 1 / 600 } as const;
/** Runs of at least this duration must contain everything that was planned for them. */
const LONG_SECONDS = 240;
const ALWAYS: Readonly<Record<string, number>> = { 'sign-up': 1, verify: 1, login: 1 };
/**
 * The fraction of the planned journeys that begin even on a slow machine: while many are in progress, no new ones
 * begin.
 */
const BEGUN_SHARE = 1 / 20;
/** A fault that was planned at least this often must have hit something. */
const OFTEN = 3;

export function minimumsFor(
  { seconds, rate, mix }: Pick<FaultSettings, 'seconds' | 'rate' | 'mix'>,
  plan: readonly PlannedFault[],
): Minimums {
  const planned = Map.groupBy(plan, ({ fault }) => fault);
  const length = seconds >= LONG_SECONDS ? 'long' : 'short';
  const journeys = seconds * rate * DONE_SHARE[length];
  return {
    sent: Math.floor(seconds * rate * BEGUN_SHARE),
    acknowledged: {
      // Nothing else can happen without these: everyone who acts has signed up, verified the address and logged in.
      ...ALWAYS,
      ...Object.fromEntries(
        Object.entries(SHOWN_BY).flatMap(([habit, ops]) =>
          ops.map((op) => [
            op,
            Math.max(ALWAYS[op] ?? 0, Math.floor((journeys * shareOf(mix, habit as Habit)) / ops.length)),
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
  };
}
