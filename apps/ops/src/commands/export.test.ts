import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportDocumentSchema } from '@latchkey/export';
import { createTemporaryFolder } from '../../../standalone/src/testing.ts';
import { startStandalone } from '../testing/people.ts';
import { runCommandInProcess } from '../testing/run-in-process.ts';

test('an account is exported by its address or its id, also while the server runs', async (t) => {
  const DATA_DIR = await createTemporaryFolder(t);
  const town = await startStandalone(DATA_DIR);
  t.after(() => town.stop());
  const id = await town.signUpAndVerify('ada');
  await town.signUp('eve');

  const byId = await runCommandInProcess({ DATA_DIR }, 'export', id);
  assert.deepEqual([byId.code, byId.err], [0, '']);
  const byAddress = await runCommandInProcess({ DATA_DIR }, 'export', 'ada@example.com');
  const document = exportDocumentSchema.parse(JSON.parse(byAddress.out));
  assert.deepEqual([document.profile.id, document.profile.email], [id, 'ada@example.com']);
  assert.deepEqual(
    document.events.map(({ type }) => type),
    ['UserRegistered', 'AccountVerified'],
  );
  assert.deepEqual(
    document.mails.map(({ mail, state }) => [mail, state]),
    [
      ['verify-email', 'sent'],
      ['welcome', 'sent'],
    ],
  );
  assert.equal(document.sessions.length, 1);
  // Each export is recorded as an event of the account. The operator has exported the account twice: first by
  // its id, then by its address.
  assert.deepEqual(
    document.signIns.filter(({ type }) => type === 'DataExported').map(({ actor }) => actor),
    ['ops', 'ops'],
  );
  assert.doesNotMatch(byAddress.out, /eve@|sealed|argon2/i);
});

test('an account that does not exist is an error of one line', async (t) => {
  const DATA_DIR = await createTemporaryFolder(t);
  const town = await startStandalone(DATA_DIR);
  t.after(() => town.stop());
  const id = '01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f';
  const nobody = await runCommandInProcess({ DATA_DIR }, 'export', id);
  assert.deepEqual([nobody.code, nobody.out, nobody.err], [1, '', `ops: there is no account ${id}\n`]);
});
