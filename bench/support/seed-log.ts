/** Creates a data folder whose log has many accounts that only the notifier has read. */
import { createEmbeddedBus } from '@latchkey/bus/embedded';
import { ACCOUNTS_TOPIC, encode, type LatchkeyEvent, topics } from '@latchkey/events';
import { type Database, openDatabase } from '@latchkey/sqlite';
import { historyOf } from '../../services/user/src/testing/history.ts';

/** This many accounts are active at the same time: their events are interleaved. */
const AT_ONCE = 10_000;
const BATCH = 2000;

/** Appends four events per account, as people cause them who sign up and start to work. */
export async function seedLog(folder: string, { accounts }: { readonly accounts: number }): Promise<void> {
  const database = openDatabase({ folder, as: 'server' });
  const bus = createEmbeddedBus({ database });
  await bus.ensureTopics(topics);
  for (let from = 0; from < accounts; from += AT_ONCE) {
    const events = eventsOf(from, Math.min(accounts, from + AT_ONCE));
    for (let at = 0; at < events.length; at += BATCH) {
      await bus.publish(ACCOUNTS_TOPIC, events.slice(at, at + BATCH).map(encode));
    }
  }
  await bus.close();
  await passOver(database, 'notifier');
  await database.close();
}

function eventsOf(from: number, to: number): readonly LatchkeyEvent[] {
  const histories = Array.from({ length: to - from }, (_, index) => historyOf(`person${from + index}`));
  return [
    histories.map((account) => account.registered()),
    histories.map((account) => account.verified()),
    histories.map((account) =>
      account.add('ProfileChanged', { person: { firstName: 'Ada', lastName: 'L' } }),
    ),
    histories.map((account) => account.add('SessionsRevoked', { reason: 'logout-all' })),
  ].flat();
}

/** Marks these events as read, because their mails are not measured. */
async function passOver(database: Database, group: string): Promise<void> {
  const sql = `
    INSERT INTO bus_position ("group", topic, partition, position)
    SELECT ?, topic, partition, next FROM bus_partition`;
  await database.write(() => void database.prepare(sql).run(group));
}
