import { sessionsContract } from '../ports/sessions.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteSessions } from './sessions.sqlite.ts';

sessionsContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { sessions: createSqliteSessions(database), close };
});
