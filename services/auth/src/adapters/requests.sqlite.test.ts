import { requestsContract } from '../ports/requests.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteRequests } from './requests.sqlite.ts';

requestsContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { requests: createSqliteRequests(database), close };
});
