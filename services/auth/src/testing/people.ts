/** Test helpers for what people do in auth over HTTP, such as signing up and logging in. */
import assert from 'node:assert/strict';
import type { TestAuth, TestRequestOptions, TestResponse } from './auth.fixture.ts';

export interface TestPerson {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

let count = 0;

/** Returns a person with a new, unused email address. */
export function createTestPerson(name = 'ada'): TestPerson {
  count += 1;
  return {
    email: `${name}${count}@example.com`,
    username: `${name}${count}`,
    password: `the password of ${name} ${count}`,
  };
}

export function assertStatus(reply: TestResponse, status: number): TestResponse {
  assert.equal(reply.status, status, reply.text);
  return reply;
}

export function assertProblem(reply: TestResponse, status: number, code: string): TestResponse {
  assert.deepEqual([reply.status, reply.json.code], [status, code], reply.text);
  assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return reply;
}

export function postSignUp(
  auth: TestAuth,
  person: TestPerson,
  ask: TestRequestOptions = {},
): Promise<TestResponse> {
  return auth.post('/signup', { json: person, ...ask });
}

/**
 * Signs a person up, and verifies the address with the mailed link and the password.
 * @returns the account id
 */
export async function signUpAndVerify(
  auth: TestAuth,
  person: TestPerson = createTestPerson(),
  ask: TestRequestOptions = {},
): Promise<TestPerson & { id: string }> {
  assertStatus(await postSignUp(auth, person, ask), 201);
  const event = await auth.event('UserRegistered', person.email);
  const { token } = await auth.open(event);
  const { password } = person;
  assertStatus(await auth.post(`/verify/${token}`, { json: { password } }), 200);
  return { ...person, id: event.subject };
}

export function postLogin(
  auth: TestAuth,
  { email, password }: TestPerson,
  ask: TestRequestOptions = {},
): Promise<TestResponse> {
  return auth.post('/login', { json: { email, password }, ...ask });
}

/** Logs a person in, and asserts that this succeeds. @returns the tokens */
export async function logInAndGetTokens(
  auth: TestAuth,
  person: TestPerson,
  ask: TestRequestOptions = {},
): Promise<{ accessToken: string; refreshToken: string }> {
  return assertStatus(await postLogin(auth, person, ask), 200).json;
}
