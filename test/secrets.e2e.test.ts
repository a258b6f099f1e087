/** Searches the logs, the store and all responses of a test run for every secret that must not appear in them. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ApiResponse, assertStatus, type Client, createClient } from './support/client.ts';
import { createMailbox, extractLink, type Mailbox } from './support/mailbox.ts';
import {
  createPersonActions,
  createUniquePerson,
  type Person,
  type PersonActions,
  waitUntilProfileShown,
} from './support/people.ts';
import { findSecrets, type SearchedText, type Secret } from './support/secrets.ts';
import { type Standalone, startStandalone } from './support/standalone.ts';
import { dumpDatabaseAsText } from './support/store.ts';

interface Answer extends SearchedText {
  /** The names of the secrets that this response is allowed to contain. */
  readonly handsOut: Set<string>;
}

const secrets = new Map<string, string>();
/**
 * The email addresses and names of people. They are not secrets, but must not be in logs, keys or headers.
 */
const persons = new Map<string, string>();
const answers: Answer[] = [];

function secret(name: string, value: string): string {
  assert.ok(value.length >= 16, `${name} is long enough to be told from other text`);
  secrets.set(name, value);
  return value;
}

function all(from: ReadonlyMap<string, string>): readonly Secret[] {
  return [...from].map(([name, value]) => ({ name, value }));
}

let system: Standalone;
let client: Client;
let mailbox: Mailbox;
let people: PersonActions;
let records: readonly LogRecord[] = [];
let tables: ReadonlyMap<string, readonly string[]>;

interface LogRecord {
  readonly topic: string;
  readonly key: string;
  readonly headers: string;
  readonly value: string;
}

/**
 * Records a response, which is searched for secrets later.
 * @param handsOut the tokens that this response may contain, by name
 * @returns the response
 */
function witness(
  name: string,
  reply: ApiResponse,
  handsOut: Readonly<Record<string, string>> = {},
): ApiResponse {
  const headers = [...reply.headers].map(([header, value]) => `${header}: ${value}`).join('\n');
  const names = Object.entries(handsOut).flatMap(([title, value]) => registerTokenSecrets(title, value));
  answers.push({
    name: `the answer to ${name}`,
    text: `${headers}\n\n${reply.text}`,
    handsOut: new Set(names),
  });
  return reply;
}

/**
 * Registers two secrets: the whole token, and the part of it that cannot be guessed.
 * @returns the names of both secrets
 */
function registerTokenSecrets(name: string, token: string): readonly string[] {
  secret(name, token);
  const part = token.includes('.') ? token.slice(token.lastIndexOf('.') + 1) : token.slice(-42);
  secret(`the secret part of ${name}`, part);
  return [name, `the secret part of ${name}`];
}

/** Returns a password with characters that JSON, URLs and other encodings change. */
function passwordOf(name: string): string {
  return secret(`the password ${name}`, `päss "wörd" & 100% of ${name}`);
}

function introduce(name: string): Person {
  const person = { ...createUniquePerson(name), password: passwordOf(`of ${name}`) };
  persons.set(`the address of ${name}`, person.email);
  persons.set(`the username of ${name}`, person.username);
  return person;
}

const NAMES = { firstName: 'Wilhelmine-Unmistakable', lastName: 'Von-Und-Zu-Unmistakable' };

async function linkIn(person: Person, subject: string, nth = 1): Promise<string> {
  const { token } = extractLink(await mailbox.next(person.email, subject, nth));
  registerTokenSecrets(`a link token (${subject} ${nth}) of ${person.username}`, token);
  return token;
}

/**
 * Opens the page of a mailed link. The page may contain the link's token, because the form on the page sends the
 * token back.
 */
async function openPage(path: string, token: string, name: string): Promise<void> {
  const reply = assertStatus(await client.get(`${path}/${token}`), 200);
  witness(name, reply, { [`the link of ${name}`]: token });
}

let logins = 0;

async function login(person: Person, password = person.password, tokens = 'body'): Promise<ApiResponse> {
  logins += 1;
  const reply = await client.post('/auth/login', { json: { email: person.email, password, tokens } });
  const cookie = /refresh=([^;]+)/.exec(reply.headers.get('set-cookie') ?? '')?.[1];
  return witness(`login ${logins}`, assertStatus(reply, 200), {
    [`access token ${logins}`]: reply.json.accessToken,
    [`refresh token ${logins}`]: cookie ?? reply.json.refreshToken,
  });
}

async function refresh(refreshToken: string, name: string): Promise<ApiResponse> {
  const reply = await client.post('/auth/refresh', { json: { refreshToken } });
  if (reply.status !== 200) return witness(name, reply);
  return witness(name, reply, {
    [`access token of ${name}`]: reply.json.accessToken,
    [`refresh token of ${name}`]: reply.json.refreshToken,
  });
}

async function ask(
  name: string,
  status: number,
  asked: Promise<ApiResponse>,
  handsOut?: Readonly<Record<string, string>>,
): Promise<ApiResponse> {
  return witness(name, assertStatus(await asked, status), handsOut);
}

/** Sends requests for everything that creates or uses a secret, including requests that fail. */
async function journey(): Promise<void> {
  const ada = introduce('ada');
  for (const [name, value] of Object.entries(NAMES)) persons.set(name, value);
  await ask('sign-up', 201, people.signUp({ ...ada, ...NAMES }, { 'idempotency-key': 'a-key-of-ada' }));
  await ask('sign-up again', 201, people.signUp({ ...ada, ...NAMES }, { 'idempotency-key': 'a-key-of-ada' }));
  const first = await linkIn(ada, 'Verify your email');
  const unverified = await login(ada);
  const bearer = { token: unverified.json.accessToken };
  await ask('renewal', 202, client.post('/auth/verification-request', bearer));
  const link = await linkIn(ada, 'Verify your email', 2);
  await ask('a superseded link', 400, client.post(`/auth/verify/${first}`));
  await ask('a link in the wrong place', 404, client.get(`/auth/verify/${link}/more`));
  await ask('a link as a parameter', 400, client.get(`/auth/verify/x?token=${link}`));
  await ask('a link as an id', 401, client.get(`/users/${link}`));
  await ask('a link for the other purpose', 400, client.get(`/auth/password-reset-confirm/${link}`));
  await openPage('/auth/verify', link, 'the verification page');
  await ask('verification', 200, client.post(`/auth/verify/${link}`, { json: { password: ada.password } }));
  await ask('verification again', 200, client.post(`/auth/verify/${link}`));

  const mallory = { ...introduce('mallory'), email: ada.email };
  await ask('a taken address', 201, people.signUp(mallory));
  const stranger = await login(mallory);

  const one = await login(ada);
  const two = (await refresh(one.json.refreshToken, 'a refresh')).json.refreshToken;
  await refresh(two, 'the next refresh');
  await ask('reuse', 401, client.post('/auth/refresh', { json: { refreshToken: one.json.refreshToken } }));

  const cookie = await login(ada, ada.password, 'cookie');
  assert.equal(cookie.json.refreshToken, undefined);
  const sent = (cookie.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const origin = { cookie: sent, origin: system.url };
  await ask('a foreign origin', 403, client.post('/auth/refresh', { json: {}, headers: { cookie: sent } }));
  await ask('logout', 204, client.post('/auth/logout', { json: {}, headers: origin }));

  await wrongThings(ada, one);

  await ask(
    'a reset request',
    202,
    client.post('/auth/password-reset-request', { json: { email: ada.email } }),
  );
  const reset = await linkIn(ada, 'Reset your password');
  await openPage('/auth/password-reset-confirm', reset, 'the reset page');
  const afterReset = passwordOf('after the reset');
  const weak = { newPassword: ada.username, confirmNewPassword: ada.username };
  const path = `/auth/password-reset-confirm/${reset}`;
  await ask('a weak password', 400, client.post(path, { json: weak }));
  const unequal = { newPassword: afterReset, confirmNewPassword: passwordOf('mistyped') };
  await ask('unequal passwords', 400, client.post(path, { json: unequal }));
  const page = assertStatus(await client.post(path, { form: unequal }), 400);
  witness('unequal passwords in the form', page, { 'the link in the form': reset });
  const same = { newPassword: afterReset, confirmNewPassword: afterReset };
  await ask('the reset', 200, client.post(path, { json: same }));
  await ask('the reset again', 400, client.post(path, { json: same }));

  const here = await login(ada, afterReset);
  const changed = passwordOf('after the change');
  const change = { currentPassword: afterReset, newPassword: changed, confirmNewPassword: changed };
  const token = here.json.accessToken;
  const answer = assertStatus(await client.post('/auth/change-password', { token, json: change }), 200);
  witness('the change', answer, { 'the access token of the change': answer.json.accessToken });

  await ops(ada);
  const admin = await login(ada, changed);
  await administration(admin.json.accessToken, stranger);
}

/** Sends secrets in fields that are meant for other data, and in bodies that cannot be parsed. */
async function wrongThings(ada: Person, { json: { accessToken, refreshToken } }: ApiResponse): Promise<void> {
  const wrong = { email: ada.email, password: passwordOf('that is wrong') };
  await ask('a wrong password', 401, client.post('/auth/login', { json: wrong }));
  const misplaced = { email: ada.password, password: ada.password, accessToken };
  await ask('a password as an address', 400, client.post('/auth/login', { json: misplaced }));
  await ask('a token as a role', 401, client.get('/users?role=x', { token: `${accessToken}x` }));
  await ask('a token as a parameter', 401, client.get(`/users?access_token=${accessToken}`));
  await ask('a token of another kind', 401, client.get('/users/me', { token: refreshToken }));
  const basic = Buffer.from(`${ada.email}:${ada.password}`).toString('base64');
  const headers = { authorization: `Basic ${basic}` };
  await ask('another scheme', 401, client.get('/users/me', { headers }));
  await ask('a session id that is a token', 401, client.delete(`/auth/sessions/${refreshToken}`));
  for (const body of [
    `{"email":"${ada.email}","password":"${ada.password.replaceAll('"', '\\"')}`,
    `{"email":"x","password":${ada.password}}`,
    `email=${ada.email}&password=${encodeURIComponent(ada.password)}`,
  ]) {
    const response = await fetch(`${system.url}/api/v1/auth/login`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    assert.equal(response.status, 400);
    const { status, headers: said } = response;
    witness('a broken body', { status, headers: said, text: await response.text(), json: undefined });
  }
}

async function ops({ email }: Person): Promise<void> {
  await system.ops('role', email, 'admin');
}

async function administration(token: string, { json: stranger }: ApiResponse): Promise<void> {
  await waitUntilProfileShown(people, token, ({ role }) => role === 'admin');
  const guest = introduce('guest');
  await ask('a mailing', 202, client.post('/auth/send-mail', { token, json: { addresses: [guest.email] } }));
  await mailbox.next(guest.email, 'Welcome to Latchkey');
  const { id } = stranger.user;
  await people.me(stranger.accessToken);
  const { json } = await ask('the list', 200, client.get('/users', { token }));
  assert.ok(json.users.some((user: { readonly id: string }) => user.id === id));
  const reason = 'An-Unmistakable-Reason';
  persons.set('the reason', reason);
  const path = `/auth/accounts/${id}`;
  await ask('disabling', 200, client.post(`${path}/disable`, { token, json: { reason } }));
  await ask('the history', 200, client.get(`${path}/history`, { token }));
  await ask('one’s own history', 200, client.get('/auth/history', { token }));
  await ask('one’s sessions', 200, client.get('/auth/sessions', { token }));
  await ask('the keys', 200, client.get('/.well-known/jwks.json'));
  for (const page of ['/metrics', '/readyz']) {
    const { status, headers, text } = await fetch(system.operations + page).then(async (response) => ({
      status: response.status,
      headers: response.headers,
      text: await response.text(),
    }));
    assert.equal(status, 200);
    witness(page, { status, headers, text, json: undefined });
  }
}

async function recordsOf(url: string): Promise<readonly LogRecord[]> {
  async function get(path: string): Promise<ApiResponse['json']> {
    return (await fetch(`${url}/topics/api${path}`)).json();
  }
  const { topics } = await get('/topics');
  const found = await Promise.all(
    topics.map(async ({ name, records: count }: ApiResponse['json']) => {
      const { records: of } = await get(`/topics/${name}/records?limit=1000`);
      // The topic may contain more records than it did when its records were counted, because sign-ins are
      // recorded in the background.
      assert.ok(of.length >= count, 'all of them are looked at');
      return of.map(({ key, headers, value }: ApiResponse['json']) => ({
        topic: name,
        key: String(key),
        headers: JSON.stringify(headers),
        value: JSON.stringify(value),
      }));
    }),
  );
  return found.flat();
}

/** Registers the private parts of the keys in `secrets.json` as secrets to search for. */
function keyMaterial(file: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(file)) {
    const privateParts = [...value.matchAll(/"d":"([^"]+)"/g)].map(([, d]) => d ?? '');
    if (privateParts.length > 0) for (const d of privateParts) secret(name, d);
    else if (!name.includes('PUBLIC')) secret(name, value);
  }
}

function placesIn(from: ReadonlyMap<string, readonly string[]>): readonly SearchedText[] {
  return [...from]
    .filter(([table]) => !table.startsWith('mailbox_'))
    .map(([table, rows]) => ({ name: `the table ${table}`, text: rows.join('\n') }));
}

function allOfRecords(): readonly SearchedText[] {
  return records.map(({ topic, key, headers, value }) => ({
    name: `a record of ${topic}`,
    text: [key, headers, value].join('\n'),
  }));
}

function theLog(): SearchedText {
  return { name: 'the log', text: system.output() };
}

before(async () => {
  system = await startStandalone({ LOG_LEVEL: 'trace' });
  client = createClient(system.url);
  mailbox = createMailbox(system.mailbox);
  people = createPersonActions(client, mailbox);
  await journey();
  records = await recordsOf(system.url);
  assert.equal(await system.end(), 0);
  tables = dumpDatabaseAsText(system.folder);
  keyMaterial(JSON.parse(await readFile(join(system.folder, 'secrets.json'), 'utf8')));
});

after(() => system?.stop());

describe('the secrets of a journey', () => {
  test('are of every kind, and the places to search are not empty', () => {
    const kinds = ['password', 'link token', 'access token', 'refresh token', 'SIGNING', 'SEALING', 'SALT'];
    for (const kind of kinds)
      assert.ok(
        [...secrets.keys()].some((name) => name.includes(kind)),
        kind,
      );
    assert.ok(records.length > 15);
    assert.ok(answers.length > 40);
    assert.ok(theLog().text.length > 10_000);
    assert.ok(placesIn(tables).length > 8);
    assert.ok([...tables.keys()].some((table) => table.startsWith('mailbox_')));
  });

  test('are in no record of any topic: key, headers, value', () => {
    assert.deepEqual(findSecrets(all(secrets), allOfRecords()), []);
  });

  test('are in no table but the mailbox', () => {
    assert.deepEqual(findSecrets(all(secrets), placesIn(tables)), []);
  });

  test('are in no file of the data folder but that of the secrets, links in mails excepted', async () => {
    const files = (await readdir(system.folder)).filter((name) => name !== 'secrets.json');
    assert.ok(files.includes('latchkey.sqlite'));
    const places = await Promise.all(
      files.map(async (name) => ({ name, text: await readFile(join(system.folder, name), 'utf8') })),
    );
    function isInMails({ name }: Secret) {
      return name.includes('link');
    }
    assert.deepEqual(
      findSecrets(
        all(secrets).filter((known) => !isInMails(known)),
        places,
      ),
      [],
    );
    assert.notDeepEqual(findSecrets(all(secrets).filter(isInMails), places), [], 'the bytes can be searched');
  });

  test('are not in the log, even at the most verbose level', () => {
    assert.deepEqual(findSecrets(all(secrets), [theLog()]), []);
  });

  test('are in no response but the one that issues them', () => {
    const found = answers.flatMap((answer) =>
      findSecrets(
        all(secrets).filter(
          ({ name, value }) => ![...answer.handsOut].some((own) => isPartOf(own, name, value)),
        ),
        [answer],
      ),
    );
    assert.deepEqual(found, []);
  });

  test('password hashes stay in the journal', () => {
    function isJournal({ name }: SearchedText) {
      return name.startsWith('the table journal_');
    }
    const journal = placesIn(tables).filter(isJournal);
    const hashes = journal.flatMap(({ text }) => text.match(/argon2id\$[\w=,]+\$[\w-]+/g) ?? []);
    assert.ok(new Set(hashes).size >= 4, 'there are some');
    const elsewhere = [
      ...allOfRecords(),
      ...placesIn(tables).filter((place) => !isJournal(place)),
      theLog(),
      ...answers,
    ];
    const parts = [...new Set(hashes)].map((hash) => ({
      name: 'a hash',
      value: hash.split('$').at(-1) ?? '',
    }));
    assert.deepEqual(findSecrets([...parts, { name: 'any hash', value: 'argon2id' }], elsewhere), []);
  });
});

/** Returns whether two names belong to the same secret. A secret may be registered under several names. */
function isPartOf(own: string, name: string, value: string): boolean {
  return own === name || secrets.get(own) === value;
}

describe('the persons of a journey', () => {
  test('are in no log line, and in no response of the operations port', () => {
    const operations = answers.filter(({ name }) => /\/(metrics|readyz)$/.test(name));
    assert.equal(operations.length, 2);
    assert.deepEqual(findSecrets(all(persons), [theLog(), ...operations]), []);
  });

  test('are named in no key and no header of a record, and in its value only below `person`', () => {
    const places = records.map(({ topic, key, headers, value }) => {
      const { person, ...rest } = JSON.parse(value);
      return { name: `a record of ${topic}`, text: [key, headers, JSON.stringify(rest)].join('\n') };
    });
    assert.deepEqual(findSecrets(all(persons), places), []);
    assert.notDeepEqual(findSecrets(all(persons), allOfRecords()), [], 'there they are');
  });
});

describe('a planted secret', () => {
  test('is found in a table, in every spelling', () => {
    const [token] = all(secrets).filter(({ name }) => name.startsWith('a link token'));
    assert.ok(token);
    const { value } = token;
    for (const planted of [
      value,
      Buffer.from(value).toString('hex'),
      Buffer.from(value).toString('base64'),
    ]) {
      const copy = new Map([...tables, ['a_new_table', [`1\t${planted}\tx`]]]);
      assert.deepEqual(findSecrets([token], placesIn(copy)), [`${token.name} in the table a_new_table`]);
    }
  });

  test('is found in a log line, where it is quoted', () => {
    const value = secrets.get('the password of ada') ?? '';
    const planted = { name: 'the log', text: `${theLog().text}\n${JSON.stringify({ note: value })}` };
    assert.deepEqual(findSecrets([{ name: 'it', value }], [planted]), ['it in the log']);
    assert.deepEqual(findSecrets([{ name: 'it', value }], [theLog()]), []);
  });
});
