/**
 * Creates a data folder whose log contains the events of many accounts. The position of the notifier is moved past
 * these events; all other consumers still have to read them.
 */
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { signEventRecords } from '@latchkey/consumer/testing/signed';
import { ACCOUNTS_TOPIC, type LatchkeyEvent, topics } from '@latchkey/events';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { loadOrGenerateSecrets } from '../../apps/standalone/src/secrets.ts';
import { parseEventKeys } from '../../services/auth/src/keys/keys.ts';
import { createTestHistory } from '../../services/user/src/testing/history.ts';

/**
 * How many accounts are created together. Their events are interleaved on the log: first the first event of each
 * account, then the second event of each account, and so on.
 */
const AT_ONCE = 10_000;
const BATCH = 2000;

export interface SeedLogOptions {
  readonly accounts: number;
  /** The number of events per account. Default and minimum: 4. */
  readonly eventsEach?: number;
}

/**
 * Appends the events of accounts that sign up, followed by events of their later use. The events are signed with the
 * key of the folder.
 */
export async function seedLog(folder: string, { accounts, eventsEach = 4 }: SeedLogOptions): Promise<void> {
  const database = openDatabase({ folder, as: 'server' });
  const { signer } = parseEventKeys((await loadOrGenerateSecrets(folder)).EVENT_SIGNING_KEYS);
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topics);
  for (let from = 0; from < accounts; from += AT_ONCE) {
    const records = signEventRecords(eventsOf(from, Math.min(accounts, from + AT_ONCE), eventsEach), signer);
    for (let at = 0; at < records.length; at += BATCH)
      await bus.publish(ACCOUNTS_TOPIC, records.slice(at, at + BATCH));
  }
  await bus.close();
  await passOver(database, 'notifier');
  await database.close();
}

function eventsOf(from: number, to: number, each: number): readonly LatchkeyEvent[] {
  const histories = Array.from({ length: to - from }, (_, index) =>
    createTestHistory(`person${from + index}`),
  );
  return [
    histories.map((account) => account.registered()),
    histories.map((account) => account.verified()),
    ...Array.from({ length: each - 3 }, (_, turn) =>
      histories.map((account) =>
        account.add('ProfileChanged', { person: { firstName: 'Ada', lastName: `L${turn}` } }),
      ),
    ),
    histories.map((account) => account.add('SessionsRevoked', { reason: 'logout-all' })),
  ].flat();
}

/** Moves the position of a consumer group past the seeded events, so that the group does not process these events. */
async function passOver(database: Database, group: string): Promise<void> {
  const sql = `
    INSERT INTO bus_position ("group", topic, partition, position)
    SELECT ?, topic, partition, next FROM bus_partition`;
  await database.write(() => void database.prepare(sql).run(group));
}
