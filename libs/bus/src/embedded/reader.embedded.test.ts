import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@latchkey/sqlite';
import { readerContract } from '../reader.contract.ts';
import { createEmbeddedBus } from './bus.embedded.ts';
import { createEmbeddedReader } from './reader.embedded.ts';

readerContract('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-reader-'));
  const database = openDatabase({ folder, as: 'server' });
  const sharedDatabase = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  return {
    bus,
    reader: createEmbeddedReader(sharedDatabase),
    async close() {
      await bus.close();
      await sharedDatabase.close();
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
});
