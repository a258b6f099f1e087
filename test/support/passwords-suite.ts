/** Tests that the same rules for passwords apply wherever a password is chosen. ASVS means OWASP ASVS 5.0, V6.2. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ApiResponse, assertProblem, assertStatus, type Client, createClient } from './client.ts';
import { createMailbox, extractLink, type Mailbox } from './mailbox.ts';
import { createPersonActions, createUniquePerson, type Person, type PersonActions } from './people.ts';
import { runUntilExit } from './standalone.ts';
import type { Settings, System } from './system.ts';

const LEAKED = 'plum gravel otter hat';

/** Weak passwords. Each has the problem code that the API must return, and the advice that the problem must contain. */
const weak: readonly (readonly [(person: Person) => string, string, RegExp])[] = [
  [() => 'aaaaaaaa', 'too_short', /at least 12 characters/],
  [() => 'aaaaaaaaaaaaaaaa', 'repeated', /a few unrelated words/],
  [() => 'Password1!Password1!', 'repeated', /a few unrelated words/],
  [() => 'Password12345!', 'common', /a few unrelated words/],
  [() => 'letmein123456', 'common', /a few unrelated words/],
  [() => 'qwertzuiop123', 'sequence', /a few unrelated words/],
  [({ username }) => `${username}1`, 'own_words', /a few unrelated words/],
  [({ email }) => email.toUpperCase(), 'own_words', /a few unrelated words/],
  [() => LEAKED, 'breached', /data breach/],
];

function choosing(password: string) {
  return { newPassword: password, confirmNewPassword: password };
}

/**
 * Defines the tests of new passwords.
 * @param start starts a system with these settings of auth
 */
export function definePasswordsTests(title: string, start: (settings: Settings) => Promise<System>): void {
  describe(title, () => {
    describe('a weak password is refused with a sentence that helps', () => {
      let folder: string;
      let system: System;
      let client: Client;
      let mailbox: Mailbox;
      let people: PersonActions;

      before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'latchkey-breached-'));
        const [list, file] = [join(folder, 'list.txt'), join(folder, 'breached.bin')];
        await writeFile(list, `${hash('sha1', LEAKED)}:3\n`);
        assert.equal((await runUntilExit({}, { ops: ['passwords', 'import', list, file] })).code, 0);
        system = await start({ PASSWORD_MIN_LENGTH: '12', BREACHED_PASSWORDS_FILE: file });
        client = createClient(system.url);
        mailbox = createMailbox(system.mailbox);
        people = createPersonActions(client, mailbox);
      });
      after(async () => {
        await system?.stop();
        await rm(folder, { recursive: true, force: true });
      });

      async function assertRefused(
        person: Person,
        field: 'password' | 'newPassword',
        choose: (password: string) => Promise<ApiResponse>,
      ): Promise<void> {
        for (const [passwordOf, code, advice] of weak) {
          const password = passwordOf(person);
          const reply = await choose(password);
          assertProblem(reply, 400, 'password_too_weak');
          const [error] = reply.json.errors;
          assert.deepEqual([error.pointer, error.code], [`#/${field}`, code], password);
          assert.match(error.message, advice);
          assert.ok(!reply.text.includes(password), 'the answer quotes the password');
        }
      }

      test('at sign-up (ASVS 6.2.1, 6.2.4)', async () => {
        const person = createUniquePerson();
        await assertRefused(person, 'password', (password) => people.signUp({ ...person, password }));
      });

      test('where a verification link sets a new one (ASVS 6.2.4, 6.2.12)', async () => {
        const person = createUniquePerson();
        assertStatus(await people.signUp(person), 201);
        const { token } = extractLink(await mailbox.next(person.email, 'Verify your email'));
        await assertRefused(person, 'newPassword', (password) =>
          client.post(`/auth/verify/${token}`, { json: choosing(password) }),
        );
      });

      test('where the current one is changed (ASVS 6.2.3, 6.2.4)', async () => {
        const person = await people.verified(createUniquePerson());
        const { accessToken } = await people.login(person);
        await assertRefused(person, 'newPassword', (password) =>
          client.post('/auth/change-password', {
            token: accessToken,
            json: { currentPassword: person.password, ...choosing(password) },
          }),
        );
      });

      test('where a reset link sets a new one, on the page as well (ASVS 6.2.4, 6.2.11)', async () => {
        const person = await people.verified(createUniquePerson());
        assertStatus(
          await client.post('/auth/password-reset-request', { json: { email: person.email } }),
          202,
        );
        const { token } = extractLink(await mailbox.next(person.email, 'Reset your password'));
        await assertRefused(person, 'newPassword', (password) =>
          client.post(`/auth/password-reset-confirm/${token}`, { json: choosing(password) }),
        );
        const page = await client.post(`/auth/password-reset-confirm/${token}`, {
          form: choosing('letmein123456'),
          headers: { accept: 'text/html' },
        });
        assert.match(page.text, /resembles, one of the most common passwords/);
        assert.match(page.text, /At least 12 characters/);
      });
    });
  });
}
