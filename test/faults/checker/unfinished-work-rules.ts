/** Checks that no work is left once the system is idle. */
import { checkNoParkedAccounts } from './read-model-rules.ts';
import { createViolations, type Violation } from './report.ts';
import type { Commit, GroupLag, StoreContents, StoredDelivery, StoredLease } from './stored.ts';

/** The longest lease of any job. If a lease has more time left than this, something is wrong with it. */
const LONGEST_LEASE_MS = 10 * 60_000;

type Waiting = Pick<
  StoreContents,
  'commits' | 'lags' | 'deliveries' | 'requests' | 'leases' | 'deadLetters' | 'profiles' | 'rebuiltProfiles'
>;

/**
 * Returns a violation for each piece of unfinished work. Unfinished work is normal while a system is busy,
 * but must not be left once the system is idle.
 */
export function checkUnfinishedWork(stores: Waiting, now: Date): readonly Violation[] {
  return [
    ...checkOutbox(stores.commits),
    ...checkGroups(stores.lags),
    ...checkDeliveries(stores.deliveries, now),
    ...stores.requests.flatMap(({ _id, at }) =>
      createViolations('leases', `request ${_id} of ${at} was not processed`),
    ),
    ...checkLeases(stores.leases, now),
    ...[stores.profiles, ...stores.rebuiltProfiles].flatMap(checkNoParkedAccounts),
    ...stores.deadLetters.flatMap(({ topic, offset, headers }) =>
      createViolations('dead letters', `record ${offset} of ${topic}: ${headers['dlq_cause']}`),
    ),
  ];
}

function checkOutbox(commits: readonly Commit[]): readonly Violation[] {
  return commits
    .filter(({ unpublished }) => unpublished !== undefined)
    .flatMap(({ stream, number }) => createViolations('unpublished', `commit ${number} of ${stream}`));
}

function checkGroups(lags: readonly GroupLag[]): readonly Violation[] {
  return lags
    .filter(({ lag }) => lag !== 0)
    .flatMap(({ group, topic, lag }) =>
      createViolations('groups', `${group} is ${lag} records behind on ${topic}`),
    );
}

function checkDeliveries(deliveries: readonly StoredDelivery[], now: Date): readonly Violation[] {
  return deliveries
    .filter(({ state, open }) => open !== undefined || state === 'pending' || state === 'claimed')
    .flatMap(({ _id, state, open }) => {
      const isOver = state === 'claimed' && (open?.dueAt ?? now) <= now;
      return createViolations(
        'leases',
        `delivery ${_id} is ${state}${isOver ? ', and its lease has expired' : ''}`,
      );
    });
}

function checkLeases(leases: readonly StoredLease[], now: Date): readonly Violation[] {
  return leases
    .filter(({ until }) => until.getTime() > now.getTime() + LONGEST_LEASE_MS)
    .flatMap(({ _id, until }) => createViolations('leases', `${_id} is held until ${until.toISOString()}`));
}
