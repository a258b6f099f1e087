import { testDatabase } from '@latchkey/mongo/testing';
import { serviceClientsContract } from '../../service-clients.contract.ts';
import { openMongoClients } from './clients.ts';

const database = testDatabase('clients', []);

serviceClientsContract('mongo', async () => {
  const { connection } = await database.empty();
  return { clients: openMongoClients({ connection }).clients, close: async () => undefined };
});
