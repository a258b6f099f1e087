import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readReplacedRows } from './data-folder.ts';

const row = {
  name: 'accounts.events.v1',
  partition: 3,
  offset: 7,
  key: { base64: Buffer.from('ada/1').toString('base64') },
  value: { base64: Buffer.from('{"person":{"username":"Zoë"}}').toString('base64') },
  headers: '[["ce_id","1"]]',
};

test('an incomplete line, left by a standalone that was killed, is ignored among its recorded rows', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-rows-'));
  try {
    const line = JSON.stringify({ table: 'bus_record', row });
    await writeFile(join(folder, 'rows'), `\n${line.slice(0, 40)}\n${line}\n`);
    assert.deepEqual(await readReplacedRows(join(folder, 'rows')), {
      records: [
        {
          topic: 'accounts.events.v1',
          partition: 3,
          offset: 7,
          key: 'ada/1',
          headers: { ce_id: '1' },
          payload: '{"person":{"username":"Zoë"}}',
        },
      ],
      commits: [],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
