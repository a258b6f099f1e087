/**
 * Sends generated values in every field of every route (ASVS 5.0, 2.2.1, 16.5.3). Every response must be one that the
 * OpenAPI document of the route declares, a refusal must be a problem document, and no response may be a server error.
 * Routes and fields are read from the documents that the services serve. The same seed always generates the same
 * values.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import fc from 'fast-check';
import { type ApiResponse, assertStatus, type Client, createClient } from './client.ts';
import { createMailbox } from './mailbox.ts';
import { findProblemViolations, findResponseViolations, type Operation, readOperations } from './openapi.ts';
import { createSamplePath, createSampleRequestBody, createSampleValue } from './openapi-samples.ts';
import { createAdmin, createPersonActions, type Person, type PersonActions } from './people.ts';
import { type RawRequestInput, sendRawRequest } from './raw-request.ts';
import type { System } from './system.ts';
import { listUndocumentedOperations, type UndocumentedOperation } from './undocumented-routes.ts';

const SEED = 15;
const FORM = 'application/x-www-form-urlencoded';
/** Headers that routes or the HTTP server read although the OpenAPI documents do not list them. */
const COMMON_HEADERS = [
  'Accept',
  'Accept-Language',
  'Authorization',
  'Content-Type',
  'Cookie',
  'Forwarded',
  'Host',
  'Idempotency-Key',
  'Origin',
  'Referer',
  'User-Agent',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Request-Id',
];

interface Case extends RawRequestInput {
  /**
   * The field or header that the case changes, and its generated value. Failure messages contain this text.
   */
  readonly name: string;
  readonly path: string;
}

export interface FuzzOptions {
  /**
   * How many values to generate per field with TEST_CASES=all. Without TEST_CASES=all, a fifth of this
   * number. FUZZ_RUNS overrides both.
   */
  readonly runs: number;
}

/**
 * Defines the tests with generated values.
 * @param start starts a system without rate limits (LIMITS=off) and with undocumentedRouteSettings
 */
export function defineFuzzTests(title: string, start: () => Promise<System>, options: FuzzOptions): void {
  const chosen = chooseRunCount({ some: Math.ceil(options.runs / 5), all: options.runs });
  const runs = Number(process.env['FUZZ_RUNS'] ?? chosen);

  describe(title, () => {
    let system: System;
    let client: Client;
    let people: PersonActions;
    let admin: Person;
    /** All routes of the system, each with the base URL at which the system serves it. */
    let targets: readonly { readonly operation: Operation | UndocumentedOperation; readonly url: string }[];

    before(async () => {
      system = await start();
      client = createClient(system.url);
      people = createPersonActions(client, createMailbox(system.mailbox));
      targets = [
        ...(await readOperations(client)).map((operation) => ({ operation, url: system.url })),
        ...listUndocumentedOperations(system),
      ];
      admin = await createAdmin(system, people);
    });
    after(() => system?.stop());

    /**
     * Sends all generated requests (cases) of one kind to every route. The caller is an admin, who may call
     * every route.
     */
    async function fuzz(casesOf: (operation: Operation) => readonly Case[]): Promise<void> {
      const faults: string[] = [];
      for (const { operation, url } of targets) {
        const { accessToken } = await people.login(admin);
        // Wait for the read model. Earlier cases may have changed the admin's account, and queries get a 503
        // until the read model is up to date.
        await people.me(accessToken);
        for (const { name, path, ...input } of casesOf(operation)) {
          const own = 'headers' in operation ? operation.headers : {};
          const headers = { Authorization: `Bearer ${accessToken}`, ...own, ...input.headers };
          const reply = await sendRawRequest(url, operation.method, path, { ...input, headers });
          faults.push(...faultsIn(operation, reply).map((fault) => `${operation.name}, ${name}: ${fault}`));
        }
      }
      assert.deepEqual(faults, []);
    }

    test('in the fields of bodies (ASVS 2.2.1, 16.5.3)', () =>
      fuzz((operation) => bodyCases(operation, runs)));
    test('in the fields of forms (ASVS 2.2.1, 16.5.3)', () =>
      fuzz((operation) => formCases(operation, runs)));
    test('in paths (ASVS 2.2.1, 16.5.3)', () => fuzz((operation) => pathCases(operation, runs)));
    test('in queries (ASVS 2.2.1, 16.5.3)', () => fuzz((operation) => queryCases(operation, runs)));
    test('in headers (ASVS 2.2.1, 16.5.3)', () =>
      fuzz((operation) => headerCases(operation, Math.ceil(runs / 25))));

    test('the system is as healthy as before (ASVS 16.5.2)', async () => {
      const { accessToken } = await people.login(admin);
      assert.equal(assertStatus(await people.me(accessToken), 200).json.role, 'admin');
      assert.doesNotMatch(system.output(), /"level":"(error|fatal)"/);
    });
  });
}

function faultsIn(operation: Operation, reply: ApiResponse): readonly string[] {
  if (reply.status >= 500) return [`answered ${reply.status}: ${reply.text.slice(0, 200)}`];
  if (reply.status === 204) return [];
  // A generated path may belong to a different route, or to no route. The response to such a path is not
  // compared with the OpenAPI document.
  const isElsewhere = [404, 405].includes(reply.status) && reply.json !== undefined;
  return isElsewhere ? findProblemViolations(reply) : findResponseViolations(operation, reply);
}

const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** Returns a valid request to a route. Each case replaces one part of this request by a generated value. */
function validRequest(operation: Operation): { readonly path: string } & RawRequestInput {
  const body = createSampleRequestBody(operation);
  const path = createSamplePath(operation);
  return body === undefined ? { path } : { path, body: JSON.stringify(body), headers: JSON_HEADERS };
}

function bodyCases(operation: Operation, runs: number): readonly Case[] {
  const valid = createSampleRequestBody(operation);
  if (valid === undefined) return [];
  const path = createSamplePath(operation);
  function sent(name: string, body: unknown): Case {
    return { name: `${name} ${inWords(body)}`, path, body: JSON.stringify(body), headers: JSON_HEADERS };
  }
  const fields = Object.entries(operation.body?.properties ?? {}).flatMap(([field, schema]) =>
    generated(
      fc.oneof(near(createSampleValue(schema)), fc.jsonValue({ maxDepth: 3 })),
      `${operation.name} ${field}`,
      runs,
    ).map((value) => sent(`body ${field}`, { ...valid, [field]: value })),
  );
  const wholes = generated(fc.jsonValue(), operation.name, runs).map((value) => sent('the body', value));
  const names = generated(ANY_TEXT, `${operation.name} names`, runs).map((name) =>
    sent('a name', { ...valid, [name]: name }),
  );
  return [...fields, ...wholes, ...names];
}

function formCases(operation: Operation, runs: number): readonly Case[] {
  const valid = createSampleRequestBody(operation);
  if (valid === undefined) return [];
  const path = createSamplePath(operation);
  return Object.keys(valid).flatMap((field) =>
    generated(near(valid[field]), `${operation.name} form ${field}`, Math.ceil(runs / 3)).map((value) => {
      const pairs = Object.entries({ ...valid, [field]: value }).map(([name, each]): [string, string] => [
        name,
        String(each).toWellFormed(),
      ]);
      const body = new URLSearchParams(pairs).toString();
      return { name: `form ${field} ${inWords(value)}`, path, body, headers: { 'Content-Type': FORM } };
    }),
  );
}

function pathCases(operation: Operation, runs: number): readonly Case[] {
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
  return inPath.flatMap(({ name, schema }) =>
    generated(inUrl(createSampleValue(schema)), `${operation.name} ${name}`, runs).map((value) => ({
      ...validRequest(operation),
      name: `path ${name} ${value}`,
      path: createSamplePath(operation, { [name]: value }),
    })),
  );
}

function queryCases(operation: Operation, runs: number): readonly Case[] {
  const named = operation.parameters.filter((parameter) => parameter.in === 'query');
  const path = createSamplePath(operation);
  const fields = named.flatMap(({ name, schema }) =>
    generated(inUrl(createSampleValue(schema)), `${operation.name} ${name}`, runs).map(
      (value) => `${name}=${value}`,
    ),
  );
  const others = generated(inUrl('limit=1'), `${operation.name} query`, Math.ceil(runs / 5));
  return [...fields, ...others].map((query) => ({
    ...validRequest(operation),
    name: `?${query}`,
    path: `${path}?${query}`,
  }));
}

function headerCases(operation: Operation, runs: number): readonly Case[] {
  const declared = operation.parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name }) => name);
  const valid = validRequest(operation);
  return [...new Set([...declared, ...COMMON_HEADERS])].flatMap((name) =>
    generated(HEADER_VALUE, `${operation.name} ${name}`, runs).map((value) => ({
      ...valid,
      name: `${name}: ${value}`,
      headers: { ...valid.headers, [name]: value },
    })),
  );
}

/**
 * Generates values. The name of the route and the field is the seed, so that the same name always gives the
 * same values.
 */
function generated<T>(values: fc.Arbitrary<T>, name: string, numRuns: number): readonly T[] {
  let seed = SEED;
  for (const character of name) seed = (seed * 31 + character.charCodeAt(0)) | 0;
  return fc.sample(values, { seed, numRuns });
}

const ANY_TEXT = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.string({ maxLength: 2000, minLength: 200 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '__proto__',
    '{{7*7}}',

    "' OR 1=1--",
    '$where',
    '../..',
    '\ud800',
    'NaN',
  ),
);
const ANY_NUMBER = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, -1, 1e308, 2 ** 53, 5e-324));

/**
 * Generates values that are almost valid: text with a part inserted, removed, repeated or cut off, or a value
 * of another type.
 */
function near(valid: unknown): fc.Arbitrary<unknown> {
  const text = String(valid);
  const cut = fc.nat(text.length);
  const spoiled = fc.oneof(
    fc.tuple(cut, ANY_TEXT).map(([at, piece]) => text.slice(0, at) + piece + text.slice(at)),
    fc.tuple(cut, cut).map(([from, to]) => text.slice(0, from) + text.slice(to)),
    fc.integer({ min: 2, max: 30 }).map((times) => text.repeat(times)),
    fc.constantFrom(text.toUpperCase(), ` ${text} `, `${text}\n`, `\ufeff${text}`, text.normalize('NFKD')),
  );
  const wrapped = fc.constantFrom([valid], { value: valid }, { $ne: valid }, [[valid], valid], null, true);
  return fc.oneof({ arbitrary: spoiled, weight: 4 }, ANY_TEXT, ANY_NUMBER, wrapped);
}

/**
 * Generates percent-encoded text, in which the encoding is sometimes invalid or applied twice. The text contains only
 * characters that HTTP can transfer.
 */
function inUrl(valid: unknown): fc.Arbitrary<string> {
  const encoded = near(valid).map((value) => encodeURIComponent(String(value).toWellFormed()));
  const broken = fc.string({
    unit: fc.constantFrom('%', '0', '2', 'f', 'F', 'e', '.', ';', '=', '&', '+', '~', "'"),
  });
  return fc.oneof({ arbitrary: encoded, weight: 3 }, broken);
}

/** Generates header values from the characters that Node's HTTP client can send (RFC 9110, 5.5). */
const HEADER_VALUE = fc.oneof(
  fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code === 0x7f ? 9 : code)),
  }),
  fc.string({ minLength: 500, maxLength: 3000 }),
  fc.constantFrom(
    '',
    '*/*;q=9',
    'text/html;q=nonsense',
    'Bearer',
    'Bearer .',
    '=;=;=',
    'a=b; a=c',
    '::1, [',
    '"',
    ';',
  ),
);

function inWords(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 300);
}
