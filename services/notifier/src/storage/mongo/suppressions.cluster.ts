import { createTestDatabase } from '@latchkey/mongo/testing';
import { defineSuppressionsContractTests } from '../../ports/suppressions.contract.ts';
import { notifierIndexes } from './schema.ts';
import { createMongoSuppressions } from './suppressions.ts';

const database = createTestDatabase('suppressions', notifierIndexes, []);

defineSuppressionsContractTests('mongo', async () => {
  const { connection } = await database.empty();
  return { suppressions: createMongoSuppressions(connection), close: async () => undefined };
});
