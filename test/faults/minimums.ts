/** How much of everything a run must have had to prove something, given what was planned. */
import type { PlannedFault } from './nemesis/schedule.ts';
import type { Minimums } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { type Habit, shareOf } from './traffic/mixes.ts';

/** The commands that show that a habit worked. */
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

/** The share of its journeys that a run must get done. A short one may be on a machine that is very busy. */
const DONE_SHARE = { long: 1 / 40, short: 1 / 600 } as const;
/** From this duration on, a run must have had all that it planned. */
const LONG_SECONDS = 240;
const ALWAYS: Readonly<Record<string, number>> = { 'sign-up': 1, verify: 1, login: 1 };
/** The share of journeys that begin on any machine: with many in progress, no other begins. */
const BEGUN_SHARE = 1 / 20;
/** A kind of fault must have hit something if it was planned this often. */
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
      // Without these nothing else can happen: everybody who acts has signed up, verified and logged in.
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
