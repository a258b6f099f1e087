/**
 * Sends every kind of invalid input to every route of the API. Each request must be refused with a problem document,
 * and must change nothing.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { generateHostileBodies, type HostileBody } from '@latchkey/http/hostile';
import { selectCases } from '@latchkey/process/testing/test-cases';
import { type ApiResponse, assertProblem, createClient } from './support/client.ts';
import { createServiceClientKey } from './support/client-key.ts';
import { eventually } from './support/eventually.ts';
import { createMailbox, extractLink } from './support/mailbox.ts';
import {
  findProblemViolations,
  findResponseViolations,
  type Operation,
  readOperations,
} from './support/openapi.ts';
import { createSamplePath, UNKNOWN_ACCOUNT_ID } from './support/openapi-samples.ts';
import { createAdmin, createPersonActions, createUniquePerson, type Person } from './support/people.ts';
import { type RawRequestInput, sendRawRequest } from './support/raw-request.ts';
import { startStandalone } from './support/standalone.ts';
import { dumpDatabaseAsText } from './support/store.ts';

// Give access tokens a long lifetime: the last test still uses tokens from the beginning of this file, which
// could otherwise expire on a busy machine.
const system = await startStandalone({ LIMITS: 'off', ACCESS_TOKEN_MINUTES: '60' });
after(() => system.stop());
const client = createClient(system.url);
const mailbox = createMailbox(system.mailbox);
const people = createPersonActions(client, mailbox);

const NEW_PASSWORD = 'quite another passphrase';

async function linkTo(person: Person, subject: string): Promise<string> {
  return extractLink(await mailbox.next(person.email, subject)).token;
}

/**
 * Requests the erasure of an account.
 * @returns the token of the link that cancels it
 */
async function linkToKeep(person: Person): Promise<string> {
  const { accessToken } = await people.login(person);
  const { password } = person;
  assert.equal(
    (await client.post('/auth/account/erase', { token: accessToken, json: { password } })).status,
    202,
  );
  return linkTo(person, 'Your account will be erased');
}

/** A person who has requested a reset link and has not used it. */
const forgetful = await people.verified(createUniquePerson('forgetful'));
await client.post('/auth/password-reset-request', { json: { email: forgetful.email } });
const leaver = await people.verified(createUniquePerson('leaver'));
const pending = createUniquePerson('pending');
await people.signUp(pending);
const verified = await people.verified(createUniquePerson('verified'));
const admin = await createAdmin(system, people);
/** A person whose email address was changed; the change can still be undone. */
const moved = await people.verified(createUniquePerson('moved'));
/** A person who has requested a change to a different email address and has not confirmed it. */
const moving = await people.verified(createUniquePerson('moving'));

const tokens = {
  pending: await people.login(pending),
  verified: await people.login(verified),
  admin,
  /**
   * A separate login for the refresh route. The valid example of this route uses up the refresh token of its
   * login.
   */
  spare: await people.login(verified),
  leaving: await people.login(verified),
};
const links = {
  verify: await linkTo(pending, 'Verify your email'),
  reset: await linkTo(forgetful, 'Reset your password'),
  erase: await linkToKeep(leaver),
};

/**
 * Requests a different email address.
 * @returns the token of the link that was sent to the new address
 */
async function linkToNewAddress(person: Person): Promise<string> {
  const { accessToken } = await people.login(person);
  const newEmail = createUniquePerson('new').email;
  const json = { newEmail, password: person.password };
  await client.post('/auth/change-email', { token: accessToken, json });
  return linkTo({ ...person, email: newEmail }, 'Confirm your new email address');
}

const movedLink = await linkToNewAddress(moved);
await client.post(`/auth/change-email/${movedLink}`, { json: { password: moved.password } });
const emailLinks = {
  change: await linkToNewAddress(moving),
  undo: await linkTo(moved, 'Your email address was changed'),
};

const clientKey = await createServiceClientKey(system, 'introspect');
const feedKey = await createServiceClientKey(system, 'events');

type Who = 'pending' | 'verified' | 'admin';

interface Example {
  /** The kind of caller that sends the request. It has the lowest permissions that the route accepts. */
  readonly as?: Who;
  readonly params?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Fields that the route requires although its schema does not mark them as required. */
  readonly needed?: readonly string[];
  /** Fields in which line breaks are allowed. */
  readonly freeText?: readonly string[];
  /** The status of the response to the valid request. */
  readonly good: number;
}

/** The id of a webhook to which the server sends no events. */
const webhook: string = (
  await client.post('/webhooks', {
    token: admin.accessToken,
    json: { name: 'crm', url: 'https://crm.invalid/hooks', from: 'beginning' },
  })
).json.webhook.id;
await client.post(`/webhooks/${webhook}/pause`, { token: admin.accessToken });

const ofWebhook = { params: { id: webhook }, as: 'admin' } as const;
const ofVerified = { params: { id: tokens.verified.id }, as: 'admin' } as const;

/**
 * A valid request for each route, in an order in which all requests succeed. The hostile requests are derived
 * from these valid ones.
 */
const examples: Readonly<Record<string, Example>> = {
  'POST /auth/signup': {
    body: {
      ...createUniquePerson('newcomer'),
      firstName: 'Ada',
      lastName: 'Lovelace',
      locale: 'en',
    },
    good: 201,
  },
  'GET /auth/verify/{token}': { params: { token: links.verify }, good: 200 },
  'GET /auth/verify/{token}/reject': { params: { token: links.verify }, good: 200 },
  'GET /auth/password-reset-confirm/{token}': { params: { token: links.reset }, good: 200 },
  'POST /auth/password-reset-confirm/{token}': {
    params: { token: links.reset },
    body: { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD },
    good: 200,
  },
  'GET /auth/erase/{token}': { params: { token: links.erase }, good: 200 },
  // This example has a token of the wrong kind on purpose. The route reads no body, so a request with a valid
  // token would cancel the erasure even if its body is invalid.
  'POST /auth/erase/{token}': { params: { token: links.reset }, good: 400 },
  'POST /auth/change-email': {
    as: 'verified',
    body: { newEmail: createUniquePerson('other').email, password: verified.password },
    good: 202,
  },
  'GET /auth/change-email/{token}': { params: { token: emailLinks.change }, good: 200 },
  'POST /auth/change-email/{token}': {
    params: { token: emailLinks.change },
    body: { password: moving.password },
    needed: ['password'],
    good: 200,
  },
  'GET /auth/undo-email-change/{token}': { params: { token: emailLinks.undo }, good: 200 },
  'POST /auth/undo-email-change/{token}': {
    params: { token: emailLinks.undo },
    body: { newPassword: NEW_PASSWORD, confirmNewPassword: NEW_PASSWORD },
    good: 200,
  },
  'POST /auth/verification-request': { body: { email: pending.email }, needed: ['email'], good: 202 },
  'POST /auth/password-reset-request': { body: { email: verified.email }, good: 202 },
  'POST /auth/login': {
    body: { email: verified.email, password: verified.password, tokens: 'body' },
    good: 200,
  },
  'POST /auth/refresh': {
    body: { refreshToken: tokens.spare.refreshToken },
    good: 200,
  },
  'POST /auth/logout': {
    body: { refreshToken: tokens.leaving.refreshToken },
    good: 204,
  },
  'GET /auth/sessions': { as: 'pending', good: 200 },
  'DELETE /auth/sessions/{id}': { as: 'pending', params: { id: UNKNOWN_ACCOUNT_ID }, good: 404 },
  'GET /auth/history': { as: 'verified', good: 200 },
  'PATCH /auth/profile': {
    as: 'verified',
    body: { username: 'countess', firstName: 'Augusta', lastName: 'King', locale: 'de' },
    good: 200,
  },
  'GET /.well-known/jwks.json': { good: 200 },
  'GET /.well-known/openid-configuration': { good: 200 },
  'GET /.well-known/oauth-authorization-server': { good: 200 },
  'GET /auth/check': { as: 'pending', good: 204 },
  'POST /auth/introspect': {
    headers: { Authorization: `Bearer ${clientKey}` },
    body: { token: tokens.verified.accessToken, token_type_hint: 'access_token' },
    freeText: ['token', 'token_type_hint'],
    good: 200,
  },
  'GET /events': { headers: { Authorization: `Bearer ${feedKey}` }, good: 200 },
  'POST /events/receipts': {
    headers: { Authorization: `Bearer ${feedKey}` },
    body: { account: UNKNOWN_ACCOUNT_ID, sequence: 1 },
    good: 204,
  },
  'GET /users/me': { as: 'pending', good: 200 },
  'GET /users': { as: 'admin', good: 200 },
  'GET /users/{id}': { as: 'admin', params: { id: tokens.verified.id }, good: 200 },
  'GET /webhooks': { as: 'admin', good: 200 },
  'POST /webhooks': {
    as: 'admin',
    body: {
      name: 'sales',
      url: 'https://sales.invalid/hooks',
      types: ['UserRegistered'],
      person: true,
      from: 'beginning',
    },
    good: 201,
  },
  'GET /webhooks/{id}': { ...ofWebhook, good: 200 },
  'PATCH /webhooks/{id}': {
    ...ofWebhook,
    body: { name: 'crm', url: 'https://crm.invalid/hooks', types: ['AccountVerified'], person: false },
    good: 200,
  },
  'POST /webhooks/{id}/pause': { ...ofWebhook, good: 200 },
  'POST /webhooks/{id}/resume': { ...ofWebhook, good: 200 },
  'POST /webhooks/{id}/rotate-secret': { ...ofWebhook, body: { overlapHours: 2 }, good: 200 },
  'GET /webhooks/{id}/attempts': { ...ofWebhook, good: 200 },
  'POST /webhooks/{id}/redrive': {
    ...ofWebhook,
    body: { since: '2026-11-28T10:00:00.000Z', until: '2026-11-28T12:00:00.000Z' },
    good: 202,
  },
  'POST /webhooks/{id}/redrive-event': { ...ofWebhook, body: { event: UNKNOWN_ACCOUNT_ID }, good: 202 },
  'DELETE /webhooks/{id}': { ...ofWebhook, good: 204 },
  'GET /auth/accounts/{id}/history': { ...ofVerified, good: 200 },
  'POST /auth/send-mail': {
    as: 'admin',
    body: { addresses: [createUniquePerson('addressee').email], template: 'welcome' },
    good: 202,
  },
  'POST /auth/change-password': {
    as: 'verified',
    body: {
      currentPassword: verified.password,
      newPassword: NEW_PASSWORD,
      confirmNewPassword: NEW_PASSWORD,
    },
    good: 200,
  },
  'POST /auth/accounts/{id}/disable': {
    ...ofVerified,
    body: { reason: 'asked for it' },
    freeText: ['reason'],
    good: 200,
  },
  'POST /auth/accounts/{id}/sessions/revoke': { ...ofVerified, good: 204 },
  'POST /auth/accounts/{id}/enable': {
    ...ofVerified,
    body: { reason: 'asked again' },
    freeText: ['reason'],
    good: 200,
  },
  // The account has been disabled by an earlier example, so no link is sent.
  'POST /auth/accounts/{id}/password-reset': { ...ofVerified, good: 202 },
  'PUT /auth/accounts/{id}/role': { ...ofVerified, body: { role: 'admin' }, good: 200 },
  'DELETE /auth/accounts/{id}': { ...ofVerified, good: 202 },
  'POST /auth/export': { as: 'pending', body: { password: pending.password }, good: 200 },
  // The password in this example is wrong on purpose, because later examples still need the account.
  'POST /auth/account/erase': { as: 'pending', body: { password: 'not the password' }, good: 400 },
  'POST /auth/logout-all': { as: 'pending', good: 204 },
  'POST /auth/verify/{token}': {
    params: { token: links.verify },
    body: {
      password: pending.password,
      newPassword: NEW_PASSWORD,
      confirmNewPassword: NEW_PASSWORD,
      reject: true,
    },
    good: 200,
  },
};

/**
 * The link tokens that a page may contain. The form on the page of a mailed link sends the link's token back.
 */
const pageLinks = [...Object.values(links), ...Object.values(emailLinks)];

const SECRETS = [
  ...[forgetful, leaver, pending, verified, admin].map(({ password }) => password),
  NEW_PASSWORD,
  clientKey,
  ...pageLinks,
  ...Object.values(tokens).flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
];

const operations = await readOperations(client);

interface Sent extends RawRequestInput {
  readonly path?: string;
}

function send(method: string, path: string, input?: RawRequestInput): Promise<ApiResponse> {
  return sendRawRequest(system.url, method, path, input);
}

function bearer(who: Who | undefined): Record<string, string> {
  return who === undefined ? {} : { Authorization: `Bearer ${tokens[who].accessToken}` };
}

/**
 * Sends a request to the route of an example. Uses the path, the headers and the caller of the example unless
 * `sent` overrides them, and the body of `sent` alone.
 */
function tryOut(operation: Operation, example: Example, sent: Sent = {}): Promise<ApiResponse> {
  return send(operation.method, sent.path ?? createSamplePath(operation, example.params), {
    ...(sent.body !== undefined && { body: sent.body }),
    headers: { ...bearer(example.as), ...example.headers, ...sent.headers },
  });
}

/** Patterns of responses that reveal details of the implementation. */
const LEAKS = [/\n\s+at /, /\.[jt]s:\d+/, /node_modules/, /sqlite/i, /\bzod/i, /SyntaxError|TypeError/];

function leaksIn(operation: Operation, { text: said, headers }: ApiResponse): readonly string[] {
  const isPage = headers.get('content-type')?.startsWith('text/html') ?? false;
  const secrets = isPage ? SECRETS.filter((secret) => !pageLinks.includes(secret)) : SECRETS;
  return [
    ...LEAKS.filter((trace) => trace.test(said)).map((trace) => `${operation.name} shows ${trace}`),
    ...secrets.filter((secret) => said.includes(secret)).map(() => `${operation.name} echoes a secret`),
  ];
}

function exampleOf({ name }: Operation): Example {
  const example = examples[name];
  assert.ok(example, `${name} needs an example of a good request`);
  return example;
}

/** The languages, other than English, in which the API has messages. */
const LANGUAGES = ['de', 'fr', 'es', 'pt-BR'];

/** Returns the strings of a problem document that people read. */
function messagesOf({ json }: ApiResponse): readonly string[] {
  const { title, detail, resolution, errors = [] } = json ?? {};
  const messages = errors.map(({ message }: { readonly message: string }) => message);
  return [title, detail, resolution, ...messages].filter((text) => text !== undefined);
}

/**
 * The messages whose translations were checked. Numbers in them are replaced by 1, because messages that
 * differ only in a number have the same translation.
 */
const checkedMessages = new Set<string>();

/**
 * Returns the messages of a refusal that are not translated. To find them, sends the same request in every
 * language, unless all of its messages were checked before.
 */
async function untranslatedIn(
  operation: Operation,
  sent: Sent,
  english: ApiResponse,
): Promise<readonly string[]> {
  const kinds = [
    ...new Set(messagesOf(english).map((text) => `${operation.name} ${text}`.replaceAll(/\d+/g, '1'))),
  ];
  if (kinds.every((kind) => checkedMessages.has(kind))) return [];
  for (const kind of kinds) checkedMessages.add(kind);
  const found: string[] = [];
  for (const language of LANGUAGES) {
    const headers = { ...sent.headers, 'Accept-Language': language };
    const translated = messagesOf(await tryOut(operation, exampleOf(operation), { ...sent, headers }));
    const same = messagesOf(english).filter((text) => translated.includes(text));
    found.push(...same.map((text) => `is not translated into ${language}: ${text}`));
  }
  return found;
}

/**
 * Asserts that a route refuses each of the invalid requests in `cases`. Fails with a list of all unexpected
 * responses.
 */
async function refuses<C extends Sent & { readonly name: string }>(
  operation: Operation,
  cases: readonly C[],
  expected: (found: ApiResponse, sent: C) => boolean = ({ status }) => status >= 400 && status < 500,
): Promise<void> {
  const example = exampleOf(operation);
  const faults: string[] = [];
  for (const sent of cases) {
    const reply = await tryOut(operation, example, sent);
    const found = [...findResponseViolations(operation, reply), ...leaksIn(operation, reply)];
    found.push(...(await untranslatedIn(operation, sent, reply)));
    if (!expected(reply, sent)) found.push(`answered ${reply.status}: ${reply.text.slice(0, 200)}`);
    faults.push(...found.map((fault) => `${sent.name}: ${fault}`));
  }
  assert.deepEqual(faults, []);
}

/**
 * Asserts that a route ignores what each case adds to the request `plain`: the response must have the same
 * status as without the addition.
 */
async function ignores<C extends Sent & { readonly name: string }>(
  operation: Operation,
  plain: Sent,
  cases: readonly C[],
): Promise<void> {
  const { status } = await tryOut(operation, exampleOf(operation), plain);
  await refuses(operation, cases, (reply) => reply.status === status);
}

function statusOf({ status }: ApiResponse, { statuses }: HostileBody): boolean {
  return statuses.includes(status);
}

const FORM = 'application/x-www-form-urlencoded';
function form(name: string, body: string | Buffer, statuses: readonly number[]): HostileBody {
  return {
    name: `as a form: ${name}`,
    body,
    headers: { 'Content-Type': FORM },
    statuses,
  };
}

function hostileForms(
  { media, fields }: NonNullable<Operation['body']>,
  body: NonNullable<Example['body']>,
): readonly HostileBody[] {
  const good = new URLSearchParams(
    Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  if (!media.includes(FORM)) return [form('not taken here', good, [415])];
  const [field = ''] = fields;
  return [
    form('an unknown field', `${good}&isAdmin=true`, [400]),
    form('a field twice', `${good}&${good}`, [400]),
    form('a field that wants to be an object', `${field}[$gt]=`, [400]),
    form('broken percent-encoding', `${field}=%zz`, [400]),
    form('not UTF-8', `${field}=%c3%28`, [400]),
    form('NUL', `${field}=%00`, [400]),
    form('1 MB', `${field}=${'x'.repeat(1024 * 1024)}`, [413]),
    form('JSON in disguise', JSON.stringify(body), [400]),
  ];
}

/** The hostile values for path parameters, which no route may interpret. */
const HOSTILE_TEXTS: Readonly<Record<string, string>> = {
  empty: '',
  nobody: UNKNOWN_ACCOUNT_ID,
  NUL: '%00',
  'not UTF-8': '%ff',
  'a lone surrogate': '%ed%a0%80',
  'broken percent-encoding': '%zz',
  CRLF: 'x%0d%0aSet-Cookie:%20a=b',
  'an operator': '%7B%22%24gt%22%3A%22%22%7D',
  'another folder': '..%2f..%2fetc%2fpasswd',
  SQL: '%27%20OR%20%271%27%3D%271',
  'a prototype': '__proto__',
  'very long': 'x'.repeat(4000),
};

const QUERIES: Readonly<Record<string, readonly string[]>> = {
  limit: ['', '0', '-1', '101', '1e1', '1.5', 'ten', '%201', '%00', '9'.repeat(400)],
  cursor: ['', 'x', 'e30', '%00', 'eyJhIjoxfQ', '__proto__', 'x'.repeat(4000)],
  role: ['', 'root', 'admin%00', '__proto__'],
  verified: ['', '1', 'yes', 'TRUE', 'null'],
  q: ['', '%00', '%ff', 'x'.repeat(255)],
  'GET /events limit': ['', '0', '-1', '1001', '1e1', '1.5', 'ten', '%201', '%00', '9'.repeat(400)],
  after: ['', 'x', 'e30', '%00', 'WzFd', '__proto__', 'x'.repeat(4001)],
  types: ['', '%00', '%ff', 'Nope', 'UserRegistered,Nope', 'userregistered', 'x'.repeat(1001)],
  account: ['', 'x', '%00', '__proto__', '..'],
  wait: ['', '-1', '31', '1e1', '0.5', '%00', '9'.repeat(400)],
  placeholders: ['', '1', 'yes', 'TRUE', 'null'],
};

/**
 * The topic of security events. Every refusal is recorded on this topic, so the comparison of stored data
 * leaves it out.
 */
const SECURITY_TOPIC = 'security.events.v1';

function rowsOf() {
  const dump = dumpDatabaseAsText(system.folder);
  const [securityTopic = ''] =
    dump
      .get('bus_topic')
      ?.find((row) => row.includes(SECURITY_TOPIC))
      ?.split('\t') ?? [];
  // Leave out three tables: leases and the clock reading change even without a request, and every refusal
  // adds an entry to the audit trail.
  const tables = [...dump].filter(([name]) => !['lease', 'clock_reading', 'audit_entry'].includes(name));
  return Object.fromEntries(
    tables.map(([name, rows]) => {
      const isOfLog = ['bus_partition', 'bus_record'].includes(name);
      return [name, rows.filter((row) => !isOfLog || !row.startsWith(`${securityTopic}\t`))];
    }),
  );
}

async function recordsOf(): Promise<unknown> {
  const { topics } = (await (await fetch(`${system.url}/topics/api/topics`)).json()) as {
    topics: { name: string }[];
  };
  return topics.filter(({ name }) => name !== SECURITY_TOPIC);
}

/**
 * Waits until the server is idle: all requested work is done, all events are published and read, and all mails are
 * sent.
 */
async function settled(): Promise<void> {
  function rows(table: string) {
    return dumpDatabaseAsText(system.folder).get(table) ?? assert.fail(`there is no table ${table}`);
  }
  await eventually('no written request is left', () => rows('request').length === 0);
  await system.ops('verify');
  await eventually('no mail is left', () =>
    rows('notifier_deliveries').every((row) => !/\t(pending|claimed)\t/.test(row)),
  );
}

await settled();
const rowsBefore = rowsOf();
const recordsBefore = await recordsOf();

const [head = '', payload = '', signature = ''] = tokens.verified.accessToken.split('.');
function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
const flipped = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);

/** Credentials that are missing, malformed, forged, or of another account. */
const badCredentials: Readonly<Record<string, Record<string, string>>> = {
  none: {},
  empty: { Authorization: '' },
  'another scheme': { Authorization: 'Basic YWRhOmFkYQ==' },
  'the scheme alone': { Authorization: 'Bearer ' },
  'no token': { Authorization: 'Bearer x.y.z' },
  'two tokens': { Authorization: `Bearer ${tokens.verified.accessToken} ${tokens.verified.accessToken}` },
  'a refresh token': { Authorization: `Bearer ${tokens.verified.refreshToken}` },
  'a link token': { Authorization: `Bearer ${links.reset}` },
  'a broken signature': { Authorization: `Bearer ${head}.${payload}.${flipped}` },
  'no signature': { Authorization: `Bearer ${head}.${payload}.` },
  'no algorithm': { Authorization: `Bearer ${encoded({ alg: 'none', typ: 'at+jwt' })}.${payload}.` },
  'other claims': { Authorization: `Bearer ${head}.${encoded({ ...claims, role: 'admin' })}.${signature}` },
  'very long': { Authorization: `Bearer ${'x'.repeat(8000)}` },
};

/**
 * Maps each item to its index in the list. The index of a route decides which cases are tested on it, so that
 * the choice does not depend on which tests have run before.
 */
function turnsOf(items: readonly string[]): ReadonlyMap<string, number> {
  return new Map(items.map((item, index) => [item, index]));
}

function pathParametersOf({ parameters }: Operation): readonly string[] {
  return parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name);
}

const bodyTurns = turnsOf(operations.filter(({ body }) => body !== undefined).map(({ name }) => name));
const textTurns = turnsOf(
  operations.flatMap((operation) =>
    pathParametersOf(operation).map((parameter) => `${operation.name} ${parameter}`),
  ),
);
const credentialTurns = turnsOf(
  operations.filter((operation) => exampleOf(operation).as !== undefined).map(({ name }) => name),
);

function turnIn(turns: ReadonlyMap<string, number>, item: string): number {
  return turns.get(item) ?? assert.fail(`${item} has no turn`);
}

/** Returns all invalid bodies for a route that takes a body. */
function hostileBodiesFor(
  operation: Operation,
  body: NonNullable<Operation['body']>,
): readonly HostileBody[] {
  const { body: valid = {}, needed = [], freeText = [] } = exampleOf(operation);
  const must = [...body.required, ...needed];
  const optional = Object.keys(valid).filter((field) => !must.includes(field));
  return [...generateHostileBodies(valid, { optional, freeText }), ...hostileForms(body, valid)];
}

/**
 * Returns the invalid bodies that are sent to a route. To save time, a route gets only every third case. Each
 * route begins at a different case, so that every case is sent to some route. With TEST_CASES=all, every
 * route gets every case. `textsFor` and `credentialsFor` choose cases in the same way.
 */
function bodiesFor(operation: Operation, body: NonNullable<Operation['body']>): readonly HostileBody[] {
  return selectCases(hostileBodiesFor(operation, body), turnIn(bodyTurns, operation.name));
}

/** Returns the values that are sent as a path parameter of a route, with their titles. */
function textsFor({ name }: Operation, parameter: string): readonly [title: string, text: string][] {
  const turn = turnIn(textTurns, `${name} ${parameter}`);
  return [...selectCases(Object.entries(HOSTILE_TEXTS), turn)];
}

/** Returns the credentials that are sent to a route, with their titles. */
function credentialsFor({ name }: Operation): readonly [title: string, headers: Record<string, string>][] {
  return [...selectCases(Object.entries(badCredentials), turnIn(credentialTurns, name))];
}

/** Returns the kind of a case: its name without the field. For example, the kind of `email: NUL` is `NUL`. */
function kindOfBody({ name }: HostileBody): string {
  return name.slice(name.lastIndexOf(': ') + 1);
}

describe('hostile input', () => {
  test('has an example for every route, and no other', () => {
    assert.deepEqual(Object.keys(examples).sort(), operations.map(({ name }) => name).sort());
    for (const { name, body } of operations) {
      assert.deepEqual(
        Object.keys(examples[name]?.body ?? {}).sort(),
        [...(body?.fields ?? [])].sort(),
        name,
      );
    }
  });

  for (const operation of operations) {
    const { name, body, parameters } = operation;

    test(`in the body of ${name}`, async () => {
      if (body === undefined) {
        await refuses(
          operation,
          [
            { name: 'JSON', body: '{}', headers: { 'Content-Type': 'application/json' }, status: 415 },
            { name: 'a form', body: 'a=b', headers: { 'Content-Type': FORM }, status: 415 },
            { name: 'text', body: 'a', headers: { 'Content-Type': 'text/plain' }, status: 415 },
            { name: '1 MB', body: 'x'.repeat(1024 * 1024), status: 413 },
          ],
          ({ status }, sent) => status === sent.status,
        );
        return;
      }
      await refuses(operation, bodiesFor(operation, body), statusOf);
    });

    test(`in the address of ${name}`, async () => {
      const { params = {}, body: good } = exampleOf(operation);
      const whole = {
        ...(good && { body: JSON.stringify(good), headers: { 'Content-Type': 'application/json' } }),
      };
      const path = createSamplePath(operation, params);
      function query(title: string, text: string) {
        return { name: title, path: `${path}?${text}`, ...whole };
      }
      const unknown = [
        query('an unknown parameter', 'isAdmin=true'),
        query('an operator for a parameter', 'limit[$gt]='),
        query('a parameter called __proto__', '__proto__=x'),
        query('broken percent-encoding', 'a=%zz'),
        query('not UTF-8', '%ff=1'),
      ];
      const ignored = operation.method === 'GET' && !parameters.some((parameter) => parameter.in === 'query');
      // Leave out unknown query parameters for a POST to a mailed link: the route ignores them, so the first
      // of these requests would use up the link.
      const usesLink = operation.method === 'POST' && params['token'] !== undefined;
      if (ignored) await ignores(operation, { path, ...whole }, unknown);
      await refuses(operation, [
        ...(ignored || usesLink ? [] : unknown),
        ...parameters
          .filter((parameter) => parameter.in === 'query')
          .flatMap((parameter) => {
            const values = QUERIES[`${name} ${parameter.name}`] ?? QUERIES[parameter.name];
            assert.ok(values, `${name} needs hostile values for ?${parameter.name}`);
            return [
              ...values.map((value) =>
                query(`${parameter.name}=${value.slice(0, 20)}`, `${parameter.name}=${value}`),
              ),
              query(`${parameter.name} twice`, `${parameter.name}=a&${parameter.name}=a`),
            ];
          }),
      ]);
      for (const parameter of pathParametersOf(operation)) {
        for (const [title, text] of textsFor(operation, parameter)) {
          const hostile = createSamplePath(operation, { ...params, [parameter]: text });
          const reply = await tryOut(operation, exampleOf(operation), { path: hostile, ...whole });
          const said = `${parameter}: ${title}: ${reply.status} ${reply.text.slice(0, 200)}`;
          assert.ok([400, 404].includes(reply.status), said);
          // With an empty path parameter, the path is that of another route: a page, or a route without an
          // OpenAPI description.
          const isPage = reply.headers.get('content-type')?.startsWith('text/html') ?? false;
          const faults =
            title === 'empty' && !isPage
              ? findProblemViolations(reply)
              : findResponseViolations(operation, reply);
          assert.deepEqual([...faults, ...leaksIn(operation, reply)], [], said);
        }
      }
    });

    const { as } = exampleOf(operation);
    if (as === undefined) continue;

    test(`as a caller of ${name}`, async () => {
      const example = exampleOf(operation);
      const good = example.body && {
        body: JSON.stringify(example.body),
        headers: { 'Content-Type': 'application/json' },
      };
      function ask(headers: Record<string, string>) {
        return send(operation.method, createSamplePath(operation, example.params), {
          ...good,
          headers: { ...good?.headers, ...headers },
        });
      }
      assert.ok(operation.bearer, 'its document says that it takes a token');
      for (const [title, headers] of credentialsFor(operation)) {
        const reply = await ask(headers);
        assert.deepEqual(
          [...findResponseViolations(operation, reply), ...leaksIn(operation, reply)],
          [],
          title,
        );
        assertProblem(reply, 401, 'unauthenticated');
        assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer realm="latchkey"/, title);
      }
      if (as !== 'pending') assertProblem(await ask(bearer('pending')), 403, 'account_not_verified');
      if (as === 'admin' && name !== 'GET /users/{id}') {
        assertProblem(await ask(bearer('verified')), 403, 'insufficient_permission');
      }
    });
  }

  test('as methods and paths that do not exist', async () => {
    const byPath = Map.groupBy(operations, ({ path }) => path);
    for (const [path, of] of byPath) {
      const taken = of.map(({ method }) => method);
      const [operation] = of;
      assert.ok(operation);
      const address = createSamplePath(operation, exampleOf(operation).params);
      const allowed = [...taken, ...(taken.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
      const allowedBy = ({ headers }: ApiResponse) => headers.get('allow')?.split(', ').sort();

      const missing = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((method) => !taken.includes(method));
      for (const method of missing) {
        const reply = await send(method, address);
        assertProblem(reply, 405, 'method_not_allowed');
        assert.deepEqual(findProblemViolations(reply), []);
        assert.deepEqual(allowedBy(reply), allowed, `${method} ${path}`);
      }
      const options = await send('OPTIONS', address);
      assert.equal(options.status, 204);
      assert.deepEqual(allowedBy(options), allowed);
      const { as, headers } = exampleOf(operation);
      const head = await send('HEAD', address, { headers: { ...headers, ...bearer(as) } });
      assert.equal(head.text, '');
      assert.ok(
        taken.includes('GET') ? head.status < 300 : head.status === 405,
        `HEAD ${path} ${head.status}`,
      );
    }
    for (const path of [
      '/',
      '/auth',
      '/auth/',
      '/auth/signup/',
      '/AUTH/signup',
      '/auth/login/x',
      '/users/',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const reply = await send(method, path);
        assertProblem(reply, 404, 'not_found');
        assert.deepEqual(findProblemViolations(reply), []);
      }
    }
  });

  test('sends every kind of case to a route', () => {
    const known = operations.flatMap((operation) =>
      operation.body === undefined ? [] : hostileBodiesFor(operation, operation.body).map(kindOfBody),
    );
    const sent = operations.flatMap((operation) =>
      operation.body === undefined ? [] : bodiesFor(operation, operation.body).map(kindOfBody),
    );
    assert.deepEqual([...new Set(sent)].sort(), [...new Set(known)].sort());
    const texts = operations.flatMap((operation) =>
      pathParametersOf(operation).flatMap((parameter) => textsFor(operation, parameter)),
    );
    assert.deepEqual(new Set(texts.map(([title]) => title)), new Set(Object.keys(HOSTILE_TEXTS)));
    const callers = operations.filter((operation) => exampleOf(operation).as !== undefined);
    assert.deepEqual(
      new Set(callers.flatMap(credentialsFor).map(([title]) => title)),
      new Set(Object.keys(badCredentials)),
    );
  });

  test('has changed nothing: no row, no event, no mail', async () => {
    await settled();
    assert.deepEqual(await recordsOf(), recordsBefore);
    const rowsAfter = rowsOf();
    assert.deepEqual(Object.keys(rowsAfter), Object.keys(rowsBefore));
    for (const [table, rows] of Object.entries(rowsAfter)) assert.deepEqual(rows, rowsBefore[table], table);
    assert.ok((rowsAfter['journal_commit']?.length ?? 0) > 4, 'it was looked at');
  });

  test('was refused only because of its hostile part: the plain examples succeed', async () => {
    for (const [name, example] of Object.entries(examples)) {
      const operation = operations.find((candidate) => candidate.name === name);
      assert.ok(operation);
      const reply = await tryOut(operation, example, {
        ...(example.body && {
          body: JSON.stringify(example.body),
          headers: { 'Content-Type': 'application/json' },
        }),
      });
      assert.equal(reply.status, example.good, `${name}: ${reply.text}`);
      if (reply.text !== '') assert.deepEqual(findResponseViolations(operation, reply), [], name);
    }
  });
});

test('a flood of it is answered with 429 and Retry-After', async (t) => {
  const strict = await startStandalone({
    LIMIT_SIGNUPS_PER_IP: '1',
    LIMIT_LOGIN_FAILURES_PER_IP: '1',
    LIMIT_MAIL_REQUESTS_PER_IP: '1',
  });
  t.after(strict.stop);
  const { email, password, username } = createUniquePerson();
  const limited: Readonly<Record<string, object>> = {
    '/auth/signup': { email, password, username },
    '/auth/login': { email, password: 'not the password' },
    '/auth/password-reset-request': { email },
    '/auth/verification-request': { email },
  };
  for (const [path, json] of Object.entries(limited)) {
    const ask = () => createClient(strict.url).post(path, { json });
    await ask();
    const reply = await ask();
    assertProblem(reply, 429, 'rate_limited');
    assert.match(reply.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    const operation = operations.find(({ name }) => name === `POST ${path}`);
    assert.ok(operation);
    assert.deepEqual(findResponseViolations(operation, reply), []);
  }
});
