/** Counts how many accounts have events that a consumer of a cluster has not processed. */
import { type Db, MongoClient } from 'mongodb';
import type { Commit, StoredProfile } from '../checker/stored.ts';

/** The number of commits to check. Only the latest commits are checked. */
const LATEST = 100;
const WITHIN_MS = 2_000;
/** The types of events that always cause a mail. */
const MAILED: ReadonlySet<string> = new Set([
  'PasswordResetRequested',
  'PasswordChanged',
  'EmailChangeRequested',
]);

/**
 * Looks at the latest commits, and counts the accounts with events that a consumer has not processed. For
 * `user`, these are the accounts for which the read model is behind; for `notifier`, those with an event
 * whose mail has not been recorded.
 * @throws Error if MongoDB does not respond
 */
export async function countAccountsWithUnprocessedEvents(
  mongoUrl: string,
  consumer: 'user' | 'notifier',
): Promise<number> {
  const client = await MongoClient.connect(mongoUrl, { serverSelectionTimeoutMS: WITHIN_MS });
  try {
    const database = client.db();
    const commits = await database
      .collection<Commit>('auth_commits')
      .find()
      .sort({ at: -1 })
      .limit(LATEST)
      .toArray();
    return await (consumer === 'user' ? countUnprojected : countUnmailed)(database, commits);
  } finally {
    await client.close();
  }
}

async function countUnprojected(database: Db, commits: readonly Commit[]): Promise<number> {
  const latest = new Map<string, number>();
  for (const { stream, sequence, events } of commits.filter(isOfAccount))
    latest.set(stream, Math.max(latest.get(stream) ?? 0, sequence + events.length - 1));
  const profiles = database.collection<StoredProfile>('user_profiles_v1');
  const found = await profiles.find({ _id: { $in: [...latest.keys()] } }).toArray();
  const reached = new Map(found.map(({ _id, sequence }) => [_id, sequence]));
  return [...latest].filter(([account, sequence]) => (reached.get(account) ?? 0) < sequence).length;
}

async function countUnmailed(database: Db, commits: readonly Commit[]): Promise<number> {
  const events = commits.flatMap((commit) => commit.events).filter(({ type }) => MAILED.has(type));
  const ids = events.map(({ id }) => id);
  const found = await database
    .collection('notifier_deliveries')
    .find({ eventId: { $in: ids } })
    .toArray();
  const recorded = new Set(found.map(({ eventId }) => eventId));
  return ids.filter((id) => !recorded.has(id)).length;
}

function isOfAccount({ events }: Commit): boolean {
  return events[0]?.type !== 'MailRequested';
}
