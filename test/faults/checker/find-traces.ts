/** Searches all collections for personal data of erased people. */
import { BSON, MongoClient } from 'mongodb';
import type { PersonalDataTrace, Servers } from '../run-folder.ts';
import { isMailing, type Journal } from './journal.ts';
import { readJournal } from './read-stores.ts';
import type { TopicRecord } from './stored.ts';
import { accountsNamedIn, identifiersOfErasedPeople } from './traces.ts';

/** Returns the ids of mailings, which are left out: a mailing keeps its addresses (docs/erasure.md). */
function mailingsIn({ events }: Journal): ReadonlySet<unknown> {
  return new Set([...events].filter(([, its]) => isMailing(its)).map(([id]) => id));
}

/**
 * Returns the documents that contain the name or address of an erased person, found in the raw bytes of each document.
 */
export async function findTraces(
  servers: Servers,
  removed: readonly TopicRecord[] = [],
): Promise<readonly PersonalDataTrace[]> {
  const journal = await readJournal(servers, removed);
  const names = identifiersOfErasedPeople(journal);
  if (names.size === 0) return [];
  const mailings = mailingsIn(journal);
  const client = await MongoClient.connect(servers.MONGO_URL);
  try {
    const traces: PersonalDataTrace[] = [];
    for (const { name } of await client.db().listCollections().toArray())
      for await (const document of client.db().collection(name).find()) {
        if (mailings.has(document['stream']) || mailings.has(document['subject'])) continue;
        const place = `${name} ${String(document._id)}`;
        traces.push(
          ...accountsNamedIn(Buffer.from(BSON.serialize(document)), names).map((account) => ({
            account,
            place,
          })),
        );
      }
    return traces;
  } finally {
    await client.close();
  }
}
