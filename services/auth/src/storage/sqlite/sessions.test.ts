import { sessionsContract } from '../../ports/testing/sessions.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteSessions } from './sessions.ts';

sessionsContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { sessions: createSqliteSessions(database), close };
});
