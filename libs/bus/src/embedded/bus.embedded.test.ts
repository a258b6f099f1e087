import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type BusUnderTest, busContract } from '../bus.contract.ts';
import { logTailContract } from '../tail.contract.ts';
import { createEmbeddedBus } from './bus.embedded.ts';
import { openLogDatabase } from './database.fixture.ts';

async function openBus(): Promise<BusUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bus-'));
  function open() {
    const database = openLogDatabase({ folder, as: 'server' });
    return { database, bus: createEmbeddedBus({ database }) };
  }
  let current = open();
  async function shut() {
    await current.bus.close();
    await current.database.close();
  }
  return {
    bus: current.bus,
    async reopen() {
      await shut();
      current = open();
      return current.bus;
    },
    async close() {
      await shut();
      await rm(folder, { recursive: true });
    },
  };
}

busContract('embedded', openBus);
logTailContract('embedded', openBus);
