/**
 * Runs the tests of journey.e2e.test.ts on Kafka and MongoDB. Afterwards reads the topics and collections
 * with clients that contain none of our code.
 */
import './journey.e2e.test.ts';
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { type ApiResponse, assertStatus, createClient } from './support/client.ts';
import { findSchemaViolations, findSequenceFaults, groupByStream } from './support/event-checks.ts';
import { eventually } from './support/eventually.ts';
import { isHeartbeat, type KcatRecord, readTopic } from './support/kcat.ts';
import { createMailbox } from './support/mailbox.ts';
import { createAdmin, createPersonActions } from './support/people.ts';
import { startSystem } from './support/start-system.ts';

const ACCOUNTS = 'accounts.events.v1';
const MAILINGS = 'mailings.events.v1';

describe('the data that the journey has left', () => {
  let accounts: readonly KcatRecord[];
  let mailings: readonly KcatRecord[];
  let documents: readonly AccountDocument[];
  let listed: readonly ApiResponse['json'][];

  before(async () => {
    const { url, mailbox, stores, ops } = await startSystem();
    assert.ok(stores, 'this needs a system on Kafka and MongoDB');
    const client = createClient(url);
    const people = createPersonActions(client, createMailbox(mailbox));
    const { accessToken } = await createAdmin({ ops }, people, 'root');

    const { KAFKA_BROKERS: brokers, MONGO_URL } = stores;
    ({ accounts, documents } = await eventually('the read model is where the log is', async () => {
      const found = {
        accounts: (await readTopic(brokers, ACCOUNTS)).filter((record) => !isHeartbeat(record)),
        documents: await accountDocuments(MONGO_URL),
      };
      return positions(found.documents) === ends(found.accounts) ? found : undefined;
    }));
    mailings = await readTopic(brokers, MAILINGS);
    listed = await everybody((query) => client.get(`/users?${query}`, { token: accessToken }));
  });

  test('matches the schemas of events, headers and data, record by record', () => {
    assert.deepEqual([...accounts, ...mailings].flatMap(findSchemaViolations), []);
  });

  test('is numbered without gaps, account by account', () => {
    for (const records of [accounts, mailings])
      assert.deepEqual(
        [...groupByStream(records)].flatMap(([key, stream]) => findSequenceFaults(key, stream)),
        [],
      );
  });

  test('contains everything that happened', () => {
    const types = new Set([...accounts, ...mailings].map(({ headers }) => headers['ce_type']));
    assert.deepEqual([...types].sort(), [
      'AccountDisabled',
      'AccountEnabled',
      'AccountErased',
      'AccountErasureCanceled',
      'AccountErasureRequested',
      'AccountVerified',
      'EmailChangeRequested',
      'EmailChangeReverted',
      'EmailChanged',
      'MailRequested',
      'PasswordChanged',
      'PasswordResetRequested',
      'RegistrationEnded',
      'RoleChanged',
      'SessionsRevoked',
      'UserRegistered',
      'VerificationRequested',
    ]);
  });

  test('equals the response of GET /users in the read model', () => {
    const living = documents.flatMap(({ profile }) => (profile && !profile.ended ? [profile] : []));
    assert.ok(living.length > 10);
    assert.deepEqual(byId(listed), byId(living.map(viewOf)));
    assert.deepEqual(
      documents.filter(({ parked }) => parked !== undefined),
      [],
    );
  });
});

interface AccountDocument {
  readonly _id: string;
  readonly sequence: number;
  readonly profile?: ApiResponse['json'];
  readonly parked?: object;
}

async function accountDocuments(url: string): Promise<readonly AccountDocument[]> {
  const client = await MongoClient.connect(url);
  try {
    return await client.db().collection<AccountDocument>('user_profiles_v1').find().toArray();
  } finally {
    await client.close();
  }
}

/** Returns the last sequence of every account as text, for comparison. */
function positions(documents: readonly AccountDocument[]): string {
  return documents
    .map(({ _id, sequence }) => `${_id} ${sequence}`)
    .sort()
    .join('\n');
}

function ends(records: readonly KcatRecord[]): string {
  return positions(
    [...groupByStream(records)].map(([_id, stream]) => ({
      _id,
      sequence: Number(stream.at(-1)?.headers['ce_sequence']),
    })),
  );
}

function viewOf({ sequence, ended, revokedAt, ...profile }: ApiResponse['json']) {
  return {
    ...profile,
    version: sequence,
  };
}

function byId(users: readonly ApiResponse['json'][]) {
  return new Map(users.map((user) => [user.id, user]));
}

/** Requests all pages of a list, and returns the entries of all pages. */
async function everybody(
  ask: (query: string) => Promise<ApiResponse>,
): Promise<readonly ApiResponse['json'][]> {
  const users: ApiResponse['json'][] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = new URLSearchParams({ limit: '10', ...(cursor && { cursor }) }).toString();
    const { json } = assertStatus(await ask(query), 200);
    users.push(...json.users);
    cursor = json.nextCursor;
  }
  return users;
}
