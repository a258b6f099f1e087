import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { catalogue } from '@latchkey/events';
import { exportDocumentSchema, writeExportDocument } from '@latchkey/export';
import { requireExistingAccount } from '../account/index.ts';
import { login } from '../sessions/login.ts';
import { verifySignUp } from '../sign-up/verification.ts';
import { createTestContext, withTestWorld } from '../testing/world.ts';
import { readAccountExportParts, removeSealedLinks } from './account-parts.ts';

const ADDRESS = 'ada@example.com';
const PASSWORD = 'countess of the engine';

async function* none(): AsyncGenerator<never> {}

describe('the export of an account', () => {
  test(
    'has every event, with personal data, and no secret of any of them',
    withTestWorld(async (world) => {
      const { deps } = world;
      const { userId } = await world.signUp(ADDRESS, PASSWORD);
      const token = world.tokenOf(userId, 'verification');
      await verifySignUp(
        deps,
        { token, evidence: { kind: 'password', password: PASSWORD } },
        createTestContext(),
      );
      await login(
        deps,
        { address: ADDRESS, password: PASSWORD },
        createTestContext({ userAgent: 'Netscape' }),
      );
      for (let i = 0; i < 120; i += 1)
        await deps.accounts.execute(userId, createTestContext(), () => ({
          type: 'ChangeProfile',
          username: `ada${i}`,
        }));
      const state = requireExistingAccount(await deps.accounts.load(userId));
      const text = await Array.fromAsync(
        writeExportDocument({ ...readAccountExportParts(deps, state), mails: none() }),
      );
      const document = exportDocumentSchema.parse(JSON.parse(text.join('')));

      assert.deepEqual(document.profile.email, ADDRESS);
      assert.deepEqual(
        document.events.map(({ sequence }) => sequence),
        Array.from({ length: state.sequence }, (_, index) => index + 1),
      );
      assert.match(JSON.stringify(document.events[0]?.data), /ada@example\.com/);
      assert.deepEqual(
        document.sessions.map(({ userAgent }) => userAgent),
        ['Netscape'],
      );
      const facts = await world.factsOf(userId);
      const hidden = facts.flatMap((fact) => Object.values(fact.private ?? {})).flatMap(textsOf);
      assert.ok(hidden.length > 0);
      for (const secret of [...hidden, 'sealed ', token])
        assert.equal(text.join('').includes(secret), false, secret);
    }),
  );

  test('of no type of event has the sealed link of a mail', () => {
    for (const { samples } of Object.values(catalogue))
      for (const data of Object.values(samples))
        assert.doesNotMatch(JSON.stringify(removeSealedLinks(data)), /sealed/);
  });
});

/**
 * Returns the strings in a private field that an export must not contain, which are hashes. Leaves out email
 * addresses, because events contain them, too.
 */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.includes('@') ? [] : [value];
  if (typeof value === 'object' && value !== null && 'hash' in value) return [String(value.hash)];
  return [];
}
