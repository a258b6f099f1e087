import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@latchkey/sqlite';
import { nameOf } from '../generation/pointer.ts';
import { generationsContract } from '../ports/generations.contract.ts';
import { createSqliteGenerations } from './generations.sqlite.ts';
import { createSqliteProfiles } from './profiles.sqlite.ts';

generationsContract('sqlite', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-generations-'));
  const [server, ops] = [
    openDatabase({ folder, as: 'server' }),
    openDatabase({ folder, as: 'shared' }),
  ] as const;
  context.after(async () => {
    await ops.close();
    await server.close();
    await rm(folder, { recursive: true });
  });
  return {
    generations: createSqliteGenerations(server),
    others: createSqliteGenerations(ops),
    profilesOf: (generation) => createSqliteProfiles(server, nameOf(generation)),
  };
});
