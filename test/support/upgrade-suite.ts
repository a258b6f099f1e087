/** Tests that data written by release 0.1 still works. The same tests run on a data folder and on Kafka and MongoDB. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { type ApiResponse, assertProblem, assertStatus, type Client, createClient } from './client.ts';
import { eventually } from './eventually.ts';
import type { ExpectedOpsOutput, FixtureAccount, FixtureManifest } from './fixture.ts';
import { createMailbox, extractLink, type Mailbox } from './mailbox.ts';
import { createPersonActions, type PersonActions } from './people.ts';
import { type ExitedProcess, runUntilExit } from './standalone.ts';
import type { Settings, System } from './system.ts';

export interface UpgradedSystem {
  readonly system: System;
  readonly manifest: FixtureManifest;
  /** The output that ops commands of release 0.1 printed about the data of the fixture. */
  readonly lists: ExpectedOpsOutput;
  /**
   * The settings of ops commands on the upgraded system: its stores, and the same shifted clock as its
   * processes.
   */
  readonly settings: Settings;
}

interface Upgrade {
  readonly published: number;
  readonly events: number;
}

interface Finding {
  readonly kind: string;
  readonly subject?: string;
}

const NEW_PASSWORD = 'chosen after the upgrade';
/**
 * For each kind of mail that is still pending in the data of release 0.1: the subject that it gets from the
 * current templates.
 */
const SUBJECTS = new Map([
  ['reset-password', 'Reset your password'],
  ['verify-email', 'Verify your email'],
  ['welcome', 'Welcome to Latchkey'],
]);

function subjectOf(mail: string): string {
  return SUBJECTS.get(mail) ?? assert.fail(`no subject of ${mail}`);
}

export function defineUpgradeTests(name: string, open: () => Promise<UpgradedSystem>): void {
  describe(`${name} of release 0.1`, () => {
    let upgraded: UpgradedSystem;
    let client: Client;
    let mailbox: Mailbox;
    let people: PersonActions;

    before(async () => {
      upgraded = await open();
      client = createClient(upgraded.system.url);
      mailbox = createMailbox(upgraded.system.mailbox);
      people = createPersonActions(client, mailbox);
    });
    after(async () => {
      await upgraded?.system.stop();
    });

    function account(wanted: string): FixtureAccount {
      const found = upgraded.manifest.accounts.find((one) => one.name === wanted);
      assert.ok(found, `${wanted} is in the manifest`);
      return found;
    }

    function withLink(kind: 'verificationLink' | 'resetLink'): readonly FixtureAccount[] {
      return upgraded.manifest.accounts.filter((one) => one[kind] !== undefined);
    }

    function ops(...words: readonly string[]): Promise<ExitedProcess> {
      return runUntilExit(upgraded.settings, { ops: words });
    }

    async function linesOf<Line>(...words: readonly string[]): Promise<readonly Line[]> {
      const { code, stdout, stderr } = await ops(...words, '--json');
      assert.equal(code, 0, stderr);
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    }

    /** Returns the kind and the account of each finding of `ops verify`. */
    async function findings(): Promise<readonly string[]> {
      const { code, stdout, stderr } = await ops('verify', '--json', '--patience', '2');
      assert.equal(code, 1, stderr);
      return namesOf(JSON.parse(stdout).findings);
    }

    function logIn(email: string, password: string): Promise<ApiResponse> {
      return client.post('/auth/login', { json: { email, password } });
    }

    /** Sets a new password with a reset link, and logs in with it. */
    async function assertResets(email: string, link: string): Promise<void> {
      const path = `/auth/password-reset-confirm/${link}`;
      assertStatus(await client.get(path), 200);
      const json = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
      assertStatus(await client.post(path, { json }), 200);
      await assertVerified({ email, signIn: NEW_PASSWORD });
    }

    /** Verifies an account with a new password, like a person who has forgotten the password of the sign-up. */
    async function assertVerifiesWithNewPassword(email: string, link: string): Promise<void> {
      const json = { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD };
      assertStatus(await client.post(`/auth/verify/${link}`, { json }), 200);
      await assertVerified({ email, signIn: NEW_PASSWORD });
    }

    /** Counts the deliveries by state and kind of mail, in the format of the fixture's manifest. */
    async function countDeliveries(): Promise<Readonly<Record<string, number>>> {
      const lines = await linesOf<{ state: string; mail: string }>('deliveries', 'list', '--limit', '1000');
      const counts: Record<string, number> = {};
      for (const { state, mail } of lines) add(counts, `${state} ${mail}`, 1);
      return counts;
    }

    /** Logs in, and waits until the profile shows that the address is verified. */
    async function assertVerified({
      email,
      signIn,
    }: Pick<FixtureAccount, 'email' | 'signIn'>): Promise<void> {
      const { accessToken } = await people.login({ email, password: signIn });
      await eventually('the profile is verified', async () => {
        const { status, json } = await people.me(accessToken);
        return status === 200 && json.isVerified === true;
      });
    }

    test('lists its parked accounts and its dead letters', async () => {
      const { lists } = upgraded;
      assert.deepEqual(
        (await linesOf<ExpectedOpsOutput['parked'][number]>('parked', 'list')).map(parkedLine),
        lists.parked.map(parkedLine),
      );
      assert.deepEqual(
        (await linesOf<ExpectedOpsOutput['deadLetters'][number]>('dead-letters', 'list')).map(letterLine),
        lists.deadLetters.map(letterLine),
      );
    });

    test('sends each mail that was pending, once, and no other', async () => {
      const { manifest, lists } = upgraded;
      for (const { to, mail } of manifest.owedMails) await mailbox.next(to, subjectOf(mail));
      const counts = await eventually('none is pending', async () => {
        const found = await countDeliveries();
        return Object.keys(found).some((key) => /^(pending|claimed) /.test(key)) ? undefined : found;
      });
      const expected: Record<string, number> = {};
      for (const [key, count] of Object.entries(lists.deliveries))
        if (!key.startsWith('pending ')) add(expected, key, count);
      for (const { mail } of manifest.owedMails) add(expected, `sent ${mail}`, 1);
      assert.deepEqual(counts, expected);
      const addresses = new Set([
        ...manifest.accounts.map(({ email }) => email),
        ...manifest.owedMails.map(({ to }) => to),
      ]);
      for (const address of addresses) {
        const owed = manifest.owedMails.filter(({ to }) => to === address);
        assert.deepEqual(
          (await mailbox.to(address)).map(({ subject }) => subject).toSorted(),
          owed.map(({ mail }) => subjectOf(mail)).toSorted(),
          address,
        );
      }
    });

    test('is signed by ops upgrade, once: unsigned records disagree before', async () => {
      const unsigned = (await findings()).filter((finding) => finding.startsWith('event-unsigned '));
      assert.ok(unsigned.length > 0);
      const [first] = await linesOf<Upgrade>('upgrade');
      assert.ok(first && first.events > 0 && first.published >= unsigned.length, JSON.stringify(first));
      assert.deepEqual(await linesOf('upgrade'), [{ chained: 0, published: 0, events: 0, leftOut: [] }]);
    });

    test('agrees, but for the two accounts that are parked on purpose', async () => {
      await eventually('no other finding', async () =>
        isDeepStrictEqual(await findings(), namesOf(upgraded.lists.findings)),
      );
    });

    test('lets in whom 0.1 let in, with the same profile, and refuses whom 0.1 refused', async () => {
      for (const { name: who, email, signIn, formerSignIn, logIn: status, profile } of upgraded.manifest
        .accounts) {
        const reply = assertStatus(await logIn(email, signIn), status);
        if (formerSignIn !== undefined)
          assertProblem(await logIn(email, formerSignIn), 401, 'invalid_credentials');
        if (status !== 200) continue;
        const token = reply.json.accessToken;
        if (typeof profile === 'number')
          assert.equal((await client.get('/users/me', { token })).status, profile, who);
        else assert.partialDeepStrictEqual(assertStatus(await people.me(token), 200).json, profile, who);
      }
    });

    test('refreshes its sessions, and no session that had ended', async () => {
      const refresh = (refreshToken: string) => client.post('/auth/refresh', { json: { refreshToken } });
      for (const { sessions = [] } of upgraded.manifest.accounts) {
        for (const { session, is } of sessions) {
          if (is === 'current') {
            const { json } = assertStatus(await refresh(session), 200);
            assertStatus(await refresh(json.refreshToken), 200);
          } else {
            assertProblem(await refresh(session), 401, 'refresh_token_invalid');
          }
        }
      }
    });

    test('ends all sessions of an account if a used-up token of 0.1 is sent again', async () => {
      const jon = account('jon');
      assert.ok(jon.sessions?.some(({ is }) => is === 'used up'));
      const { accessToken } = await people.login({ email: jon.email, password: jon.signIn });
      const { json } = assertStatus(await client.get('/auth/history', { token: accessToken }), 200);
      const events: readonly { readonly type: string; readonly sequence?: number }[] = json.events;
      // Leave out sign-ins, which are the entries without a sequence, because release 0.1 did not record
      // sign-ins.
      assert.deepEqual(
        events.filter(({ sequence }) => sequence !== undefined).map(({ type }) => type),
        [...(jon.history ?? []), 'SessionsRevoked'],
      );
    });

    test('shows an admin the whole history of each account', async () => {
      const ada = account('ada');
      const { accessToken } = await people.login({ email: ada.email, password: ada.signIn });
      for (const { name: who, id, history = [] } of upgraded.manifest.accounts) {
        if (id === undefined) continue;
        const types: string[] = [];
        for (let cursor = ''; ; ) {
          const path = `/auth/accounts/${id}/history${cursor}`;
          const { json } = assertStatus(await client.get(path, { token: accessToken }), 200);
          types.push(...json.events.map(({ type }: { type: string }) => type));
          if (json.nextCursor === null) break;
          cursor = `?cursor=${json.nextCursor}`;
        }
        assert.deepEqual(types.slice(0, history.length), history, who);
      }
    });

    test('accepts its reset links', async () => {
      for (const { email, resetLink = '' } of withLink('resetLink')) await assertResets(email, resetLink);
    });

    test('accepts its verification links, and not one that a newer link superseded', async () => {
      const { supersededLink = '' } = account('cleo');
      assertProblem(await client.post(`/auth/verify/${supersededLink}`), 400, 'token_invalid');
      const alone = withLink('verificationLink').filter(({ email }) => email !== account('gwen-2').email);
      for (const { email, signIn, verificationLink = '' } of alone) {
        assertStatus(await client.get(`/auth/verify/${verificationLink}`), 200);
        assertProblem(await client.post(`/auth/verify/${verificationLink}`), 400, 'password_required');
        const json = { password: signIn };
        assertStatus(await client.post(`/auth/verify/${verificationLink}`, { json }), 200);
        await assertVerified({ email, signIn });
        await mailbox.next(email, subjectOf('welcome'));
      }
    });

    test('gives an address of several sign-ups to the one whose link and password are sent', async () => {
      const { email, signIn, verificationLink = '' } = account('gwen-2');
      const path = `/auth/verify/${verificationLink}`;
      assertProblem(await client.post(path), 400, 'password_required');
      assertStatus(await client.post(path, { json: { password: signIn } }), 200);
      await assertVerified({ email, signIn });
      for (const other of ['gwen-1', 'gwen-3'])
        assertProblem(await logIn(email, account(other).signIn), 401, 'invalid_credentials');
    });

    test('accepts the links of the mails that were pending', async () => {
      for (const { to, mail } of upgraded.manifest.owedMails) {
        if (mail === 'welcome') continue;
        const { token } = extractLink(await mailbox.next(to, subjectOf(mail)));
        if (mail === 'verify-email') await assertVerifiesWithNewPassword(to, token);
        else await assertResets(to, token);
      }
    });

    test('resumes its parked accounts; then only the record that nobody wrote disagrees', async () => {
      const outcomes = await linesOf<{ readonly result: string }>('parked', 'retry', '--all');
      assert.equal(outcomes.length, upgraded.lists.parked.length);
      for (const name of ['kim', 'lea']) await assertVerified(account(name));
      assert.deepEqual(await linesOf('parked', 'list'), []);
      const left = upgraded.lists.findings.filter(({ kind }) => kind === 'event-unknown');
      await eventually('no other finding', async () => isDeepStrictEqual(await findings(), namesOf(left)));
    });

    test('is rebuilt from signed records alone, to the same profiles', async () => {
      const { code, stdout, stderr } = await ops('rebuild', 'user');
      assert.equal(code, 0, stdout + stderr);
      for (const name of ['ada', 'kim', 'ivy']) await assertVerified(account(name));
    });
  });
}

function namesOf(findings: readonly Finding[]): readonly string[] {
  return findings.map(({ kind, subject }) => `${kind} ${subject}`).toSorted();
}

function add(counts: Record<string, number>, key: string, count: number): void {
  counts[key] = (counts[key] ?? 0) + count;
}

function parkedLine({ account, record, cause }: ExpectedOpsOutput['parked'][number]) {
  return { account, record, cause };
}

function letterLine({ letter, group, record, cause }: ExpectedOpsOutput['deadLetters'][number]) {
  return { letter, group, record, cause };
}
