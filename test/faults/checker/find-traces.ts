/** Searches all collections, and the topics that contain no events of accounts, for personal data of erased people. */
import { BSON, MongoClient } from 'mongodb';
import type { ClusterAddresses, PersonalDataSearchResult, PersonalDataTrace } from '../run-folder.ts';
import { listMailingIds } from './journal.ts';
import { listTopics, type OriginalEvents, readJournal, readRecords } from './read-stores.ts';
import {
  findErasedAccountsNamedIn,
  findIdentifiersOfErasedPeople,
  findTracesInRecords,
  mustNotNameErasedPeople,
} from './traces.ts';

/**
 * Finds the documents and records that contain the name or address of an erased person, in the raw bytes of each. Mailings
 * are left out, because they keep their addresses (docs/erasure.md).
 */
export async function findTracesInCluster(
  servers: ClusterAddresses,
  originals: OriginalEvents = {},
): Promise<PersonalDataSearchResult> {
  const journal = await readJournal(servers, originals);
  const names = findIdentifiersOfErasedPeople(journal);
  const searched = new Set(names.values()).size;
  if (searched === 0) return { traces: [], searched };
  const mailings: ReadonlySet<unknown> = listMailingIds(journal);
  const client = await MongoClient.connect(servers.MONGO_URL);
  try {
    const traces: PersonalDataTrace[] = [];
    for (const { name } of await client.db().listCollections().toArray())
      for await (const document of client.db().collection(name).find()) {
        if (mailings.has(document['stream']) || mailings.has(document['subject'])) continue;
        const place = `${name} ${String(document._id)}`;
        traces.push(
          ...findErasedAccountsNamedIn(Buffer.from(BSON.serialize(document)), names).map((account) => ({
            account,
            place,
          })),
        );
      }
    const searchedTopics = (await listTopics(servers.KAFKA_BROKERS)).filter(mustNotNameErasedPeople);
    traces.push(...findTracesInRecords(await readRecords(servers.KAFKA_BROKERS, searchedTopics), names));
    return { traces, searched };
  } finally {
    await client.close();
  }
}
