/**
 * Tests that a stranger cannot use another person's email address to take over that person's account, to
 * prepare an account for that person, or to block the address. In the tests, the attacker Mallory knows the
 * address and signs up from her own network, and only the owner can read the mailbox. ASVS means OWASP ASVS
 * 5.0.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ApiResponse, assertProblem, assertStatus, type Client, createClient } from './client.ts';
import { eventually } from './eventually.ts';
import { ANSWERED_BY_HEADER } from './load-balancer.ts';
import { createMailbox, extractLink, type Mailbox } from './mailbox.ts';
import { createPersonActions, createUniquePerson, type Person, type PersonActions } from './people.ts';
import type { Settings, System } from './system.ts';

const NEW_PASSWORD = 'quite another passphrase';
const VERIFY = 'Verify your email';
const RESET = 'Reset your password';
const WELCOME = 'Welcome to Latchkey';
const EXISTS = 'You already have an account';
const IN_USE = 'This address is already in use';
const CONFIRM = 'Confirm your new email address';

/** The rate limits of production. A trusted proxy reports the networks of Mallory and of the owner. */
export const TAKEOVER_SETTINGS: Settings = {
  LIMIT_MAILS_PER_ADDRESS: '3',
  LIMIT_MAILS_PER_ADDRESS_AND_DAY: '30',
  TRUSTED_PROXIES: '127.0.0.1/32,::1/128',
  ERASURE_GRACE_DAYS: '0',
};
const HOME = { 'x-forwarded-for': '192.0.2.1' };
const AWAY = { 'x-forwarded-for': '198.51.100.7' };

type Headers = Readonly<Record<string, string>>;

function cookieOf(reply: ApiResponse): string {
  const [cookie = ''] = (reply.headers.get('set-cookie') ?? '').split(';');
  return cookie;
}

function choosing(password: string) {
  return { newPassword: password, confirmNewPassword: password };
}

/** Returns the id of the account to which a link token belongs. The token begins with this id, without hyphens. */
function accountOf(token: string): string {
  return Buffer.from(token, 'base64url').subarray(0, 16).toString('hex');
}

/** The headers that differ between any two responses; the load balancer of the tests adds one of them. */
const VARYING_HEADERS = ['content-length', 'date', 'x-request-id', ANSWERED_BY_HEADER];

/**
 * Returns the status, headers and body of a response as text, so that two responses can be compared. Leaves
 * out everything that differs between any two accounts.
 */
function shapeOf({ status, headers, text }: ApiResponse, person: Pick<Person, 'email' | 'username'>): string {
  const shown = [...headers]
    .filter(([name]) => !VARYING_HEADERS.includes(name))
    .map(([name, value]) => `${name}: ${value.replace(/=[^;]*/, '=')}`);
  return withoutNames([status, ...shown, text].join('\n'), person);
}

/**
 * Replaces everything in a text that differs between any two accounts: ids, times, and the address and
 * username of the person.
 */
function withoutNames(text: string, { email, username }: Pick<Person, 'email' | 'username'>): string {
  return text
    .replaceAll(email, 'the address')
    .replaceAll(username, 'the username')
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'an id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'a time');
}

/**
 * Defines the tests of account takeover.
 * @param start starts a system with the settings of this suite
 */
export function defineTakeoverTests(title: string, start: () => Promise<System>): void {
  describe(title, () => {
    let system: System;
    let client: Client;
    let mailbox: Mailbox;
    let people: PersonActions;

    before(async () => {
      system = await start();
      client = createClient(system.url);
      mailbox = createMailbox(system.mailbox);
      people = createPersonActions(client, mailbox);
    });

    after(() => system?.stop());

    /** Signs up as the attacker Mallory, with the email address of the owner. */
    async function attack(owner: Person): Promise<Person & { readonly reply: ApiResponse }> {
      const mallory = { ...createUniquePerson('mallory'), email: owner.email };
      return { ...mallory, reply: assertStatus(await people.signUp(mallory, AWAY), 201) };
    }

    /**
     * Waits for a mail with a link that still works, and returns the token of the link. Tries all mails with
     * the subject, newest first, because later links may supersede earlier ones.
     * @param accountId the account that the link must belong to; by default, any account with the address
     */
    function workingLink(email: string, subject: string, accountId?: string): Promise<string> {
      const path = subject === VERIFY ? 'verify' : 'password-reset-confirm';
      return eventually(`a link that works, to ${email}`, async () => {
        const letters = (await mailbox.to(email)).filter((letter) => letter.subject === subject);
        for (const { token } of letters.map(extractLink).toReversed()) {
          if (accountId !== undefined && accountOf(token) !== accountId.replaceAll('-', '')) continue;
          if ((await client.get(`/auth/${path}/${token}`)).status === 200) return token;
        }
        return undefined;
      });
    }

    /**
     * Sets a password with the newest reset link. auth processes a request for a link after its response. A
     * link may therefore be superseded while this function uses it; the function then tries again with the
     * newer one.
     */
    async function reset(email: string, password: string): Promise<void> {
      await eventually(`a new password for ${email}`, async () => {
        const token = await workingLink(email, RESET);
        const reply = await client.post(`/auth/password-reset-confirm/${token}`, {
          json: choosing(password),
        });
        if (reply.status !== 200) assertProblem(reply, 400, 'token_invalid');
        return reply.status === 200 || undefined;
      });
    }

    function verify(token: string, json: object = {}, headers: Headers = {}): Promise<ApiResponse> {
      return client.post(`/auth/verify/${token}`, { json, headers });
    }

    function submit(token: string, form: Headers, headers: Headers = {}): Promise<ApiResponse> {
      return client.post(`/auth/verify/${token}`, { form, headers });
    }

    function renew(token: string): Promise<ApiResponse> {
      return client.post('/auth/verification-request', { token, headers: AWAY });
    }

    function login({ email, password }: Pick<Person, 'email' | 'password'>): Promise<ApiResponse> {
      return client.post('/auth/login', { json: { email, password } });
    }

    /**
     * Returns as text everything that the API shows to the owner of an account: the export and the responses
     * of other routes. Of the exported mails, the text contains only the names.
     * @param wanted the types of events and sign-ins to wait for in the export
     */
    async function shownTo(person: Person, token: string, wanted: readonly string[]): Promise<string> {
      const ask = { token, json: { password: person.password } };
      const exported = await eventually(`an export with ${wanted}`, async () => {
        const { json } = assertStatus(await client.post('/auth/export', ask), 200);
        const types = [...json.events, ...json.signIns].map(({ type }) => type);
        return wanted.every((type) => types.includes(type)) && json;
      });
      const mails = exported.mails.map(({ mail }: { mail: string }) => mail);
      const signIns = exported.signIns.filter(({ type }: { type: string }) => type !== 'DataExported');
      const others = [await client.get('/auth/sessions', { token }), await people.me(token)];
      const texts = others.map(({ status, text }) => `${status} ${text}`);
      return withoutNames(JSON.stringify([{ ...exported, mails, signIns }, ...texts]), person);
    }

    /** Erases the account of a person, and waits until the erasure is finished. */
    async function erase({ email, password }: Person): Promise<void> {
      const { id, accessToken: token } = await people.login({ email, password });
      assertStatus(await client.post('/auth/account/erase', { token, json: { password } }), 202);
      await eventually(`the erasure of ${id}`, async () => {
        const listed = await system.ops('erasures', 'list', '--json');
        return listed.split('\n').some((line) => line.includes(id) && !line.includes('dueSince'));
      });
    }

    async function assertKeptOut(person: Person): Promise<void> {
      assertProblem(await login(person), 401, 'invalid_credentials');
    }

    async function assertIsIn(email: string, password: string): Promise<void> {
      const { json } = assertStatus(await login({ email, password }), 200);
      assert.equal(json.user.isVerified, true);
    }

    describe('a stranger who signs up with somebody else’s address', () => {
      test('is not verified by the owner’s click, however many mails there are (ASVS 6.4.1, 6.3.1)', async () => {
        const owner = createUniquePerson('owner');
        const mallory = await attack(owner);
        const { id, accessToken } = await people.login(mallory);
        for (let i = 0; i < 5; i += 1) assertStatus(await renew(accessToken), 202);
        const link = await workingLink(owner.email, VERIFY, id);
        assertProblem(await verify(link), 400, 'password_required');
        assertStatus(await submit(link, {}), 400);
        assert.equal(assertStatus(await login(mallory), 200).json.user.isVerified, false);
      });

      test('does not keep the owner from signing up and getting in (ASVS 2.4.1)', async () => {
        const owner = createUniquePerson('owner');
        const mallory = await attack(owner);
        const { accessToken } = await people.login(mallory);
        for (let i = 0; i < 5; i += 1) assertStatus(await renew(accessToken), 202);
        const { reply: _, ...person } = mallory;
        const more = { ...person, password: 'another one of mallory' };
        const answers = [];
        for (let i = 0; i < 3; i += 1) answers.push((await people.signUp(more, AWAY)).status);
        assert.deepEqual(answers, [201, 201, 429], 'her own network has had its mails');

        const signedUp = assertStatus(await people.signUp(owner, HOME), 201);
        const { id } = await people.login(owner);
        const link = await workingLink(owner.email, VERIFY, id);
        assertStatus(await verify(link, {}, { cookie: cookieOf(signedUp) }), 200);
        await assertIsIn(owner.email, owner.password);
        await assertKeptOut(mallory);
        await assertKeptOut(more);
      });

      test('loses the account, its sessions and its cookie when the owner chooses a password (ASVS 7.4.3)', async () => {
        const owner = createUniquePerson('owner');
        const mallory = await attack(owner);
        const { accessToken: token, refreshToken } = await people.login(mallory);
        const link = await workingLink(owner.email, VERIFY);
        assertStatus(await verify(link, choosing(NEW_PASSWORD), HOME), 200);
        await assertIsIn(owner.email, NEW_PASSWORD);
        await assertKeptOut(mallory);
        const refreshed = await client.post('/auth/refresh', { json: { refreshToken } });
        assertProblem(refreshed, 401, 'refresh_token_invalid');
        assertProblem(await client.get('/auth/sessions', { token }), 401, 'unauthenticated');
        assertProblem(await renew(token), 401, 'unauthenticated');
        await eventually('user refuses too', async () => (await people.me(token)).status === 401);
      });

      test('cannot use the owner’s Idempotency-Key to swallow the sign-up (ASVS 2.3.3)', async () => {
        const owner = createUniquePerson('owner');
        const key = { 'idempotency-key': '1' };
        const mallory = { ...createUniquePerson('mallory'), email: owner.email };
        assertStatus(await people.signUp(mallory, { ...AWAY, ...key }), 201);
        assertStatus(await people.signUp(owner, { ...HOME, ...key }), 201);
        await people.login(owner);
        const other = { ...owner, password: NEW_PASSWORD };
        assertProblem(await people.signUp(other, { ...HOME, ...key }), 422, 'idempotency_key_reused');
      });

      test('learns nothing about the address from answers (ASVS 6.3.8)', async () => {
        const taken = await people.verified(createUniquePerson('taken'));
        const pending = createUniquePerson('pending');
        assertStatus(await people.signUp(pending, HOME), 201);
        const seen = new Set<string>();
        for (const { email } of [taken, pending, createUniquePerson('free')]) {
          const mallory = { email, username: 'mallory', password: 'the password of mallory' };
          const answers: string[] = [];
          async function record(asked: Promise<ApiResponse>): Promise<void> {
            const { status, text, headers } = await asked;
            const body = status === 429 ? '' : text.replaceAll(email, 'the address');
            const cookie = (headers.get('set-cookie') ?? '').replace(/=[^;]*/, '=');
            answers.push(`${status} ${body} ${cookie}`);
          }
          const address = { json: { email }, headers: AWAY };
          for (let i = 0; i < 4; i += 1) await record(people.signUp(mallory, AWAY));
          const { accessToken, id } = await people.login(mallory);
          for (let i = 0; i < 5; i += 1) {
            const { headers } = await renew(accessToken);
            answers.push((headers.get('account-sequence') ?? '').replace(id, 'her account'));
          }
          await record(client.post('/auth/verification-request', address));
          await record(client.post('/auth/password-reset-request', address));
          seen.add(answers.join('\n'));
        }
        assert.equal(seen.size, 1, [...seen].join('\n\n'));
      });

      test('gets the same statuses, headers and bodies for known, pending, unknown and erased addresses (ASVS 6.3.8)', async () => {
        const known = await people.verified(createUniquePerson('known'));
        const pending = createUniquePerson('pending');
        assertStatus(await people.signUp(pending, HOME), 201);
        const erased = await people.verified(createUniquePerson('erased'));
        await erase(erased);
        const answers: string[][] = [];
        for (const { email } of [known, pending, createUniquePerson('unknown'), erased]) {
          const user = await people.verified(createUniquePerson('user'));
          const { accessToken: token } = await people.login(user);
          const mallory = { ...createUniquePerson('mallory'), email };
          const wrong = { json: { email, password: 'not the password' }, headers: AWAY };
          const request = { json: { email }, headers: AWAY };
          const json = { newEmail: email, password: user.password };
          const replies = [
            await client.post('/auth/login', wrong),
            await client.post('/auth/verification-request', request),
            await client.post('/auth/password-reset-request', request),
            await client.post('/auth/change-email', { token, json, headers: AWAY }),
            await people.signUp(mallory, AWAY),
            await people.signUp(mallory, AWAY),
            await client.post('/auth/login', wrong),
          ];
          answers.push(replies.map((reply) => shapeOf(reply, mallory)));
          assert.deepEqual(
            replies.map(({ status }) => status),
            [401, 202, 202, 202, 201, 201, 401],
          );
        }
        const [ofKnown, ...others] = answers;
        for (const other of others) assert.deepEqual(other, ofKnown);
      });

      test('learns nothing about the address from what the account shows (ASVS 6.3.8)', async () => {
        const taken = await people.verified(createUniquePerson('taken'));
        const seen = new Set<string>();
        for (const { email } of [taken, createUniquePerson('free')]) {
          const mallory = await attack({ ...createUniquePerson(), email });
          const { accessToken: token } = await people.login(mallory);
          assertStatus(await renew(token), 202);
          const json = { email };
          assertStatus(await client.post('/auth/password-reset-request', { json, headers: AWAY }), 202);
          await mailbox.next(email, email === taken.email ? EXISTS : VERIFY);
          seen.add(await shownTo(mallory, token, ['LoginSucceeded', 'PasswordResetRequested']));
        }
        assert.equal(seen.size, 1, [...seen].join('\n\n'));
        assert.match([...seen].join(), /"mails":\[\]/);
      });
    });

    describe('a user who asks for somebody else’s address', () => {
      test('learns nothing about the new address from what the account shows (ASVS 6.3.8)', async () => {
        const taken = await people.verified(createUniquePerson('taken'));
        const seen = new Set<string>();
        for (const { email: newEmail } of [taken, createUniquePerson('free')]) {
          const mallory = await people.verified(createUniquePerson('mallory'));
          await mailbox.next(mallory.email, WELCOME);
          const { accessToken: token } = await people.login(mallory);
          const json = { newEmail, password: mallory.password };
          assertStatus(await client.post('/auth/change-email', { token, json, headers: AWAY }), 202);
          await mailbox.next(newEmail, newEmail === taken.email ? IN_USE : CONFIRM);
          const shown = await shownTo(mallory, token, ['LoginSucceeded', 'EmailChangeRequested']);
          seen.add(shown.replaceAll(newEmail, 'the new address'));
        }
        assert.equal(seen.size, 1, [...seen].join('\n\n'));
        assert.match([...seen].join(), /"mails":\["verify-email","welcome"\]/);
      });
    });

    describe('the link of a mail', () => {
      async function signedUp() {
        const ada = createUniquePerson();
        const reply = assertStatus(await people.signUp(ada, HOME), 201);
        const { token } = extractLink(await mailbox.next(ada.email, VERIFY));
        return { ...ada, cookie: cookieOf(reply), token };
      }

      test('is one button in the browser that signed up, and asks for a password in others (ASVS 6.4.1)', async () => {
        const { email, password, cookie, token } = await signedUp();
        const here = await client.get(`/auth/verify/${token}`, { headers: { cookie } });
        const elsewhere = await client.get(`/auth/verify/${token}`);
        assert.doesNotMatch(assertStatus(here, 200).text, /type="password"/);
        assert.match(assertStatus(elsewhere, 200).text, /name="password"[\s\S]*name="newPassword"/);
        const done = assertStatus(await submit(token, {}, { cookie }), 200);
        assert.match(done.headers.get('content-type') ?? '', /^text\/html/);
        assert.match(done.headers.get('set-cookie') ?? '', /Max-Age=0/);
        await assertIsIn(email, password);
      });

      test('refuses a cookie of another sign-up, an altered one and an invented one (ASVS 7.2.2)', async () => {
        const owner = createUniquePerson('owner');
        const mallory = await attack(owner);
        const cookie = cookieOf(assertStatus(await people.signUp(owner, HOME), 201));
        const { id } = await people.login(mallory);
        const token = await workingLink(owner.email, VERIFY, id);
        const [name = '', value = ''] = cookie.split('=');
        const [, expiry = '', mac = ''] = value.split('.');
        for (const forged of [
          cookie,
          `${name}=${id}.${expiry}.${mac}`,
          cookieOf(mallory.reply).replace(/\.\d+\./, `.${Number(expiry) + 1}.`),
          `${name}=${id}`,
          `${name}=`,
        ]) {
          const headers = { cookie: forged };
          assertProblem(await verify(token, {}, headers), 400, 'password_required');
          const page = await client.get(`/auth/verify/${token}`, { headers });
          assert.match(assertStatus(page, 200).text, /name="password"/);
        }
      });

      test('has a cookie that scripts and forms of other sites cannot use (ASVS 3.3.2, 3.3.4)', async () => {
        const reply = assertStatus(await people.signUp(createUniquePerson(), HOME), 201);
        const set = reply.headers.get('set-cookie') ?? '';
        for (const attribute of [/; HttpOnly/, /; SameSite=Lax/, /; Max-Age=\d+/])
          assert.match(set, attribute);
        assert.doesNotMatch(set, /Domain=/i);
      });

      test('limits password guesses like logins, and never keeps the owner out (ASVS 6.3.1)', async () => {
        const { email, password, token } = await signedUp();
        let guesses = 0;
        while ((await verify(token, { password: 'not the password' })).status === 400) guesses += 1;
        assert.equal(guesses, 10);
        assertProblem(await verify(token, { password }), 429, 'rate_limited');
        assertStatus(await verify(token, choosing(NEW_PASSWORD)), 200);
        await assertIsIn(email, NEW_PASSWORD);
      });

      test('accepts no weak password and no misspelt one (ASVS 6.2.1, 6.2.4)', async () => {
        const { token } = await signedUp();
        assertProblem(await verify(token, choosing('short')), 400, 'password_too_weak');
        const misspelt = { newPassword: NEW_PASSWORD, confirmNewPassword: 'something else' };
        assertProblem(await verify(token, misspelt), 400, 'passwords_do_not_match');
        assertProblem(await verify(token, { newPassword: NEW_PASSWORD }), 400, 'validation_failed');
        const page = assertStatus(await submit(token, choosing('short')), 400);
        assert.match(page.text, /<details[^>]* open/);
      });

      test('changes nothing when a scanner opens it and the page that it leads to (ASVS 3.5.3)', async () => {
        const { password, cookie, token, email } = await signedUp();
        for (const path of [`/auth/verify/${token}`, `/auth/verify/${token}/reject`])
          for (const headers of [{}, { cookie }]) assertStatus(await client.get(path, { headers }), 200);
        assert.equal(assertStatus(await login({ email, password }), 200).json.user.isVerified, false);
        assertStatus(await verify(token, { password }), 200);
      });

      test('ends a sign-up only from the page that asks again (ASVS 2.3.5)', async () => {
        const { password, token } = await signedUp();
        const first = assertStatus(await client.get(`/auth/verify/${token}`), 200);
        assert.doesNotMatch(first.text, /name="reject"/);
        const second = assertStatus(await client.get(`/auth/verify/${token}/reject`), 200);
        assert.match(second.text, /name="reject" value="true"/);
        assertStatus(await submit(token, { reject: 'true' }), 200);
        assertProblem(await verify(token, { password }), 400, 'token_invalid');
      });
    });

    describe('the owner of a verified account', () => {
      test('can always reset the password, whatever strangers ask for (ASVS 6.4.3)', async () => {
        const ada = await people.verified(createUniquePerson());
        function askFrom(headers: Headers): Promise<ApiResponse> {
          return client.post('/auth/password-reset-request', { json: { email: ada.email }, headers });
        }
        for (let i = 0; i < 8; i += 1) assertStatus(await askFrom(AWAY), 202);
        for (const password of [NEW_PASSWORD, 'a passphrase after that one']) {
          // In each round, use a reset link and request the next one. The network has exceeded its limit, but
          // auth sends the next link nevertheless, because the previous link was used.
          await reset(ada.email, password);
          await assertIsIn(ada.email, password);
          assertStatus(await askFrom(AWAY), 202);
        }
      });
    });
  });
}
