import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { logReaderContract } from '../reader.contract.ts';
import { createEmbeddedBus } from './bus.embedded.ts';
import { openLogDatabase } from './database.fixture.ts';
import { createEmbeddedLogReader } from './reader.embedded.ts';

logReaderContract('embedded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-reader-'));
  const database = openLogDatabase({ folder, as: 'server' });
  const sharedDatabase = openLogDatabase({ folder, as: 'shared' });
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
