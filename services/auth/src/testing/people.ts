/** Test helpers for what people do in auth over HTTP, such as signing up and logging in. */
import assert from 'node:assert/strict';
import type { Auth, Reply, RequestOptions } from './auth.fixture.ts';

export interface Person {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

let count = 0;

/** Returns a person with a new, unused address. */
export function createPerson(name = 'ada'): Person {
  count += 1;
  return {
    email: `${name}${count}@example.com`,
    username: `${name}${count}`,
    password: `the password of ${name} ${count}`,
  };
}

export function assertStatus(reply: Reply, status: number): Reply {
  assert.equal(reply.status, status, reply.text);
  return reply;
}

export function assertProblem(reply: Reply, status: number, code: string): Reply {
  assert.deepEqual([reply.status, reply.json.code], [status, code], reply.text);
  assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return reply;
}

export function signUp(auth: Auth, person: Person, ask: RequestOptions = {}): Promise<Reply> {
  return auth.post('/signup', { json: person, ...ask });
}

/**
 * Signs a person up, and verifies the address with the mailed link and the password. @returns the account id
 */
export async function signUpAndVerify(
  auth: Auth,
  person: Person = createPerson(),
  ask: RequestOptions = {},
): Promise<Person & { id: string }> {
  assertStatus(await signUp(auth, person, ask), 201);
  const event = await auth.event('UserRegistered', person.email);
  const { token } = await auth.open(event);
  const { password } = person;
  assertStatus(await auth.post(`/verify/${token}`, { json: { password } }), 200);
  return { ...person, id: event.subject };
}

export function login(auth: Auth, { email, password }: Person, ask: RequestOptions = {}): Promise<Reply> {
  return auth.post('/login', { json: { email, password }, ...ask });
}

/** Logs a person in, and asserts that this succeeds. @returns the tokens */
export async function loginTokens(
  auth: Auth,
  person: Person,
  ask: RequestOptions = {},
): Promise<{ accessToken: string; refreshToken: string }> {
  return assertStatus(await login(auth, person, ask), 200).json;
}
