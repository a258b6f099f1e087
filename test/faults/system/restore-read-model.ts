/**
 * Restores an older copy of the read model in MongoDB. The consumer groups keep their current positions, so
 * they do not read the missing events again.
 */
import { MongoClient } from 'mongodb';
import type { ClusterAddresses, ReadModelRestoreFindings } from '../run-folder.ts';

const GENERATION = /^user_profiles_v\d+$/;

/**
 * Copies every generation of the read model.
 * @returns a function that replaces the stored read model with this copy; no user service may run at that
 *   time
 */
export async function copyReadModel(mongoUrl: string): Promise<() => Promise<void>> {
  const copies = await withDatabase(mongoUrl, async (client) => {
    const names = (await client.db().listCollections().toArray()).map(({ name }) => name);
    const generations = names.filter((name) => GENERATION.test(name));
    return Promise.all(
      generations.map(async (name) => [name, await client.db().collection(name).find().toArray()] as const),
    );
  });
  return () =>
    withDatabase(mongoUrl, async (client) => {
      for (const [name, documents] of copies) {
        await client.db().collection(name).deleteMany({});
        if (documents.length > 0)
          await client
            .db()
            .collection(name)
            .insertMany([...documents]);
      }
    });
}

/**
 * Rebuilds a restored read model, as docs/ops.md recommends for many accounts. The system must be idle.
 * @returns `lacking`: the accounts with events that the read model did not contain; `reported`: the accounts
 * that `ops verify` has reported for this reason
 */
export async function rebuildRestoredReadModel({ stores, ops }: Operator): Promise<ReadModelRestoreFindings> {
  // Drop the generations that are not active, because the restore has restored them as well. `verify` does not
  // compare them, and the rebuild would continue one of them instead of starting a new one.
  await ops('rebuild', 'user', '--drop');
  const { findings }: { findings: readonly { readonly kind: string; readonly subject: string }[] } =
    JSON.parse(await readOutputOfFailedCommand(ops('verify', '--json')));
  const lacking = await findLackingAccounts(stores.MONGO_URL);
  await ops('rebuild', 'user');
  await ops('rebuild', 'user', '--drop');
  return {
    lacking,
    reported: findings.filter(({ kind }) => REPORTED.has(kind)).map(({ subject }) => subject),
  };
}

/** What a repair by an operator needs: the addresses of the stores, and a function that runs ops commands. */
interface Operator {
  readonly stores: ClusterAddresses;
  ops(...words: readonly string[]): Promise<string>;
}

/**
 * Returns the output of an ops command that has exited with an error because it has findings, such as `ops
 * verify --json`.
 */
export async function readOutputOfFailedCommand(command: Promise<string>): Promise<string> {
  return command.catch((error: Error & { readonly stdout?: string }) => {
    if (error.stdout?.startsWith('{')) return error.stdout;
    throw error;
  });
}

/**
 * The kinds of findings of `ops verify` about accounts whose profile lacks events. An account with a missing
 * event is parked as soon as one of its later events arrives.
 */
const REPORTED: ReadonlySet<string> = new Set(['profile-missing', 'profile-behind', 'account-parked']);

function findLackingAccounts(mongoUrl: string): Promise<readonly string[]> {
  return withDatabase(mongoUrl, async (client) => {
    const pointer = await client.db().collection('user_generations').findOne();
    const profiles = await client
      .db()
      .collection(`user_profiles_v${pointer?.['active'] ?? 1}`)
      .find({}, { projection: { sequence: 1 } })
      .toArray();
    const reached = new Map(profiles.map(({ _id, sequence }) => [String(_id), Number(sequence)]));
    const commits = await client
      .db()
      .collection('auth_commits')
      .find({}, { projection: { stream: 1, sequence: 1, events: 1 } })
      .toArray();
    const lacking = commits
      .filter(({ events }) => events.every(({ type }: { readonly type: string }) => type !== 'MailRequested'))
      .filter(({ stream, sequence, events }) => (reached.get(stream) ?? 0) < sequence + events.length - 1)
      .map(({ stream }) => String(stream));
    return [...new Set(lacking)];
  });
}

async function withDatabase<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
