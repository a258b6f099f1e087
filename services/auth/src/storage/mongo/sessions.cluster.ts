import { testDatabase } from '@latchkey/mongo/testing';
import { sessionsContract } from '../../ports/testing/sessions.contract.ts';
import { createMongoSessions, sessionIndexes } from './sessions.ts';

const database = testDatabase('sessions', sessionIndexes);

sessionsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { sessions: createMongoSessions(connection), close: async () => undefined };
});
