import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@latchkey/sqlite';
import { logReaderContract } from '../reader.contract.ts';
import { createEmbeddedBus } from './bus.embedded.ts';
import { createEmbeddedLogReader } from './reader.embedded.ts';

logReaderContract('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-reader-'));
  const database = openDatabase({ folder, as: 'server' });
  const sharedDatabase = openDatabase({ folder, as: 'shared' });
  const bus = createEmbeddedBus({ database });
  return {
    bus,
    reader: createEmbeddedLogReader(sharedDatabase),
    async close() {
      await bus.close();
      await sharedDatabase.close();
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
});
