import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '@latchkey/sqlite';
import { generationsContract } from '../../ports/generations.contract.ts';
import { openSqliteUserStorage } from './index.ts';

generationsContract('sqlite', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-generations-'));
  const [server, ops] = [openSqlite({ folder, as: 'server' }), openSqlite({ folder, as: 'shared' })] as const;
  context.after(async () => {
    await ops.close();
    await server.close();
    await rm(folder, { recursive: true });
  });
  return {
    ...openSqliteUserStorage(server),
    others: openSqliteUserStorage(ops).generations,
  };
});
