/**
 * Computes the minimum counts of a run (such as acknowledged commands and faults that hit work) from its
 * plan. A run that does not reach them proves nothing.
 */
import { findFaultGroup } from './checker/faults.ts';
import type { FaultKind, PlannedFault } from './nemesis/schedule.ts';
import type { MinimumCounts } from './run-folder.ts';
import type { FaultSettings } from './settings.ts';
import { computeActionShare, type TrafficAction } from './traffic/mixes.ts';

/** Maps actions of the simulated people to the operations that show that the action took place. */
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

/** The fraction of the planned actions that must be acknowledged, in a run of any length. */
const DONE_SHARE = 1 / 40;
const ALWAYS: Readonly<Record<string, number>> = { 'sign-up': 1, verify: 1, login: 1 };
/**
 * The fraction of the planned actions that must at least begin. The fraction is small, because on a slow
 * machine many actions are in progress at the same time, and no further action begins meanwhile.
 */
const BEGUN_SHARE = 1 / 20;
/**
 * The fraction of the requested erasures that are carried out during the run. The others are canceled, or are
 * due after a week.
 */
const CARRIED_OUT_SHARE = 1 / 3;
/**
 * A kind of fault, or a group of faults, that is planned at least this often must hit work in progress at
 * least once.
 */
const OFTEN = 3;
/**
 * A kind of kill that is planned at least this often must hit work in progress at least once. The number is
 * higher than OFTEN, because a kill hits only the work in progress at one moment.
 */
const OFTEN_FOR_KILLS = 8;
/**
 * A kind of fault that has a duration must hit work in progress at least once only if it is also planned for
 * at least this long in total, in ms.
 */
const LONG_ENOUGH_MS = 20_000;
/** The groups of faults that take effect immediately, and hit work in progress whenever they succeed. */
const ACTIONS: ReadonlySet<string> = new Set(['operators', 'topics and deployments']);
/** The kinds of faults during which almost no command is acknowledged. */
const OUTAGES: ReadonlySet<FaultKind> = new Set([
  'stop-mongodb',
  'cut-mongodb',
  'fail-write-concern',
  'stale-primary',
  'full-disk',
  'kill-standalone',
  'pause-standalone',
]);
/** The kinds of faults that make auth publish events a second time. */
const REPEATING: ReadonlySet<FaultKind> = new Set(['lose-produce-answers', 'swallow-produce-answers']);

/**
 * Returns the minimum counts of a run. The counts depend on the length of the run, its traffic and its plan.
 */
export function computeMinimumCounts(
  {
    seconds,
    rate,
    mix,
    embedded,
    move,
  }: Pick<FaultSettings, 'seconds' | 'rate' | 'mix' | 'embedded' | 'move'>,
  plan: readonly PlannedFault[],
): MinimumCounts {
  const planned = Map.groupBy(plan, ({ fault }) => fault);
  const groups = Map.groupBy(plan, ({ fault }) => findFaultGroup(fault));
  const journeys = Math.max(0, seconds - secondsOfOutages(plan)) * rate;
  const erasures = journeys * computeActionShare(mix, 'eraseAccount');
  return {
    sent: Math.floor(seconds * rate * BEGUN_SHARE),
    acknowledged: {
      // The first operations of every person: sign-up, verification and login. All other actions depend on
      // them.
      ...ALWAYS,
      ...Object.fromEntries(
        Object.entries(SHOWN_BY).flatMap(([habit, ops]) =>
          ops.map((op) => [
            op,
            Math.max(
              ALWAYS[op] ?? 0,
              Math.floor(
                (journeys * DONE_SHARE * computeActionShare(mix, habit as TrafficAction)) / ops.length,
              ),
            ),
          ]),
        ),
      ),
    },
    hits: {
      ...(move && { move: 1 }),
      ...Object.fromEntries(
        [...planned].filter(([fault, its]) => isPlannedOften(fault, its)).map(([fault]) => [fault, 1]),
      ),
    },
    hitsOnGroups: Object.fromEntries(
      [...groups].filter(([, its]) => its.length >= OFTEN).map(([group]) => [group, 1]),
    ),
    kindsOfFaults: Math.floor(planned.size / 2),
    duplicates: plan.filter(({ fault }) => REPEATING.has(fault)).length >= OFTEN ? 1 : 0,
    // The process that accepts a request for an erasure decides when the erasure is due. On a cluster, one of
    // the two auth processes erases immediately, and the other after a week. A standalone alternates between
    // the two with each start, beginning with immediate erasures, and spends most of a run with them.
    erased: Math.floor(erasures * (embedded ? 2 : 1) * DONE_SHARE * CARRIED_OUT_SHARE),
  };
}

/**
 * Returns whether a kind of fault is planned often enough, and for long enough, that it must hit work in
 * progress at least once.
 */
function isPlannedOften(kind: FaultKind, planned: readonly PlannedFault[]): boolean {
  if (kind.startsWith('kill-')) return planned.length >= OFTEN_FOR_KILLS;
  const totalMs = planned.reduce((sum, { forMs }) => sum + forMs, 0);
  return planned.length >= OFTEN && (ACTIONS.has(findFaultGroup(kind)) || totalMs >= LONG_ENOUGH_MS);
}

/** Returns for how many seconds at least one outage is in progress. */
function secondsOfOutages(plan: readonly PlannedFault[]): number {
  const outages = plan.filter(({ fault }) => OUTAGES.has(fault)).toSorted((a, b) => a.atMs - b.atMs);
  let until = 0;
  let sum = 0;
  for (const { atMs, forMs } of outages) {
    sum += Math.max(0, atMs + forMs - Math.max(atMs, until));
    until = Math.max(until, atMs + forMs);
  }
  return sum / 1000;
}
