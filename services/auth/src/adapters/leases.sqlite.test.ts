import { leasesContract } from '../ports/leases.contract.ts';
import { temporaryDatabase } from './database.fixture.ts';
import { createSqliteLeases } from './leases.sqlite.ts';

leasesContract('sqlite', async () => {
  const { database, close } = await temporaryDatabase();
  return { leases: createSqliteLeases(database), close };
});
