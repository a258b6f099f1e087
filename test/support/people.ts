/** Actions of people who use the system in tests, such as signing up. */
import assert from 'node:assert/strict';
import { type ApiResponse, assertStatus, type Client, retryWhileUnavailable } from './client.ts';
import { eventually } from './eventually.ts';
import { extractLink, type Mailbox } from './mailbox.ts';
import type { System } from './system.ts';

export interface Person {
  readonly email: string;
  readonly username: string;
  readonly password: string;
}

let made = 0;

/** Returns the data of a new person, with a unique address and username. */
export function createUniquePerson(name = 'ada'): Person {
  made += 1;
  const unique = `${name}${made}_${process.pid.toString(36)}${Date.now().toString(36)}`;
  return {
    email: `${unique}@example.com`,
    username: unique.slice(0, 32),
    password: `long enough for ${unique}`,
  };
}

export interface Tokens {
  readonly id: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

export interface PersonActions {
  signUp(person: Person, headers?: Readonly<Record<string, string>>): Promise<ApiResponse>;
  /** Signs a person up, and verifies the person's email address with the link in the mail. */
  verified(person: Person): Promise<Person>;
  login(person: Pick<Person, 'email' | 'password'>): Promise<Tokens>;
  /**
   * Returns the response of `/users/me`. Repeats the request while the read model is behind (503). The
   * response therefore includes all events up to the token's sequence and, if given, up to `after` (the value
   * of an Account-Sequence header).
   */
  me(token: string, after?: string | null): Promise<ApiResponse>;
}

export function createPersonActions(client: Client, mailbox: Mailbox): PersonActions {
  const signUp: PersonActions['signUp'] = (person, headers = {}) =>
    client.post('/auth/signup', { json: person, headers });

  return {
    signUp,
    verified: async (person) => {
      assertStatus(await signUp(person), 201);
      const { token } = extractLink(await mailbox.next(person.email, 'Verify your email'));
      assertStatus(await client.post(`/auth/verify/${token}`, { json: { password: person.password } }), 200);
      return person;
    },
    login: async ({ email, password }) => {
      const { json } = assertStatus(await client.post('/auth/login', { json: { email, password } }), 200);
      assert.equal(json.tokenType, 'Bearer');
      return { id: json.user.id, accessToken: json.accessToken, refreshToken: json.refreshToken };
    },
    me: (token, after) =>
      retryWhileUnavailable(() =>
        client.get('/users/me', { token, headers: after ? { 'account-sequence': after } : {} }),
      ),
  };
}

/**
 * Creates a verified account, makes it an admin with an ops command, and waits until the read model shows the new role.
 */
export async function createAdmin(
  { ops }: Pick<System, 'ops'>,
  people: PersonActions,
  name = 'admin',
): Promise<Person & Tokens> {
  const person = await people.verified(createUniquePerson(name));
  await ops('role', person.email, 'admin');
  const tokens = await people.login(person);
  await waitUntilProfileShown(people, tokens.accessToken, ({ role }) => role === 'admin');
  return { ...person, ...tokens };
}

/** Waits until `/users/me` returns the expected profile. */
export function waitUntilProfileShown(
  people: PersonActions,
  token: string,
  wanted: (profile: ApiResponse['json']) => boolean,
): Promise<ApiResponse> {
  return eventually('the read model shows it', async () => {
    const reply = await people.me(token);
    return reply.status === 200 && wanted(reply.json) ? reply : undefined;
  });
}
