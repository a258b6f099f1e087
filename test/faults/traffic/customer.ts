/** What people do, one thing at a time, as an app would do it for them. */
import type { Random } from '../random.ts';
import type { Letter, Letters } from '../system/letters.ts';
import * as ask from './commands.ts';
import { newPassword, type Person, someNames } from './person.ts';
import { type Answer, isUncertain, type Wire } from './wire.ts';

export interface CustomerDeps {
  readonly wire: Wire;
  readonly letters: Letters;
  readonly random: Random;
}

/** How long people wait for a mail before they do something else, in ms. */
const READS_WITHIN_MS = 20_000;
/** The share of links that are rejected with "this was not me", and of sign-ups that are never completed. */
const REFUSED = 0.04;
const ABANDONED = 0.05;
const RESET_TWICE_AT_ONCE = 0.2;
const PASSWORDS_KEPT = 4;
const MOST_CHANGES = 4;

export type Customer = ReturnType<typeof createCustomer>;

export function createCustomer({ wire, letters, random }: CustomerDeps) {
  /** Waits for a mail with a link. @returns the token of the link */
  async function linkFrom(
    { email }: Person,
    wanted: (letter: Letter) => boolean,
  ): Promise<string | undefined> {
    function isLink(letter: Letter) {
      return letter.token !== undefined && wanted(letter);
    }
    return (await letters.next(email, isLink, READS_WITHIN_MS))?.token;
  }

  /** Updates what a person knows from a response to a request with a token. */
  function learn(person: Person, answer: Answer): Answer {
    const { status, body, accountSequence } = answer;
    if (accountSequence !== null) person.sequence = accountSequence;
    if (status === 401) delete person.accessToken;
    if (body?.accessToken !== undefined) person.accessToken = body.accessToken;
    return answer;
  }

  function learnTokens(person: Person, answer: Answer): void {
    const { status, body } = learn(person, answer);
    if (status !== 200) return;
    person.refreshToken = body.refreshToken;
    if (person.id !== undefined && person.id !== body.user.id) delete person.sequence;
    person.id = body.user.id;
    person.verified = body.user.isVerified;
  }

  async function login(person: Person): Promise<void> {
    const answer = await wire.send(ask.login(person));
    learnTokens(person, answer);
    if (answer.code !== 'invalid_credentials') return;
    const [likeliest, ...others] = person.passwords;
    if (likeliest !== undefined) person.passwords = [...others, likeliest];
  }

  async function refresh(person: Person): Promise<void> {
    const answer = await wire.send(ask.refresh(person));
    learnTokens(person, answer);
    if (answer.status === 401) delete person.refreshToken;
  }

  /** @returns whether the person has an access token now; it may be revoked */
  async function signedIn(person: Person): Promise<boolean> {
    if (person.accessToken !== undefined) return true;
    if (person.refreshToken !== undefined) await refresh(person);
    else await login(person);
    return person.accessToken !== undefined;
  }

  /** After a change whose outcome may be unknown. */
  function learnPassword(person: Person, next: string, answer: Answer): void {
    if (answer.status === 200 && !person.sharesAddress) person.passwords = [next];
    else if (answer.status === 200 || isUncertain(answer))
      person.passwords = [next, ...person.passwords].slice(0, PASSWORDS_KEPT);
  }

  async function followVerification(person: Person): Promise<void> {
    function isTheirs({ subject, text }: Letter) {
      return subject === 'Verify your email' && text.includes(person.signUpName);
    }
    const link = await linkFrom(person, isTheirs);
    if (link === undefined) return;
    const isRefused = random.chance(REFUSED);
    const command = isRefused ? ask.reject(person, link) : ask.verify(person, link);
    const answer = learn(person, await wire.insist(command));
    if (answer.status === 200 && !isRefused) person.verified = true;
  }

  return {
    /** Signs up, and usually follows the link. */
    join: async (person: Person): Promise<void> => {
      const { status } = await wire.insist(ask.signUp(person, random.chance(0.5) ? someNames(random) : {}));
      if (status === 201 && !random.chance(ABANDONED)) await followVerification(person);
    },
    login,
    refresh: async (person: Person): Promise<void> => {
      if (person.refreshToken === undefined) await login(person);
      else await refresh(person);
    },
    logout: async (person: Person): Promise<void> => {
      if (person.refreshToken === undefined) return login(person);
      await wire.send(ask.logout(person));
      delete person.refreshToken;
      delete person.accessToken;
    },
    logoutAll: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await wire.send(ask.logoutAll(person)));
      delete person.refreshToken;
      delete person.accessToken;
    },
    /** Several times in a row, as forms do that save automatically. */
    changeProfile: async (person: Person): Promise<void> => {
      for (let times = random.whole(1, MOST_CHANGES); times > 0 && (await signedIn(person)); times -= 1)
        learn(person, await wire.send(ask.changeProfile(person, someNames(random))));
    },
    /** What was just changed must be visible. */
    readProfile: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await wire.send(ask.readProfile(person)));
    },
    changePassword: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      const next = newPassword();
      learnPassword(person, next, learn(person, await wire.send(ask.changePassword(person, next))));
    },
    /** Forgets the password. Sometimes the link is opened twice at the same time. */
    resetPassword: async (person: Person): Promise<void> => {
      await wire.send(ask.requestReset(person));
      const link = await linkFrom(person, ({ subject }) => /password/i.test(subject));
      if (link === undefined) return;
      const tries = Array.from({ length: random.chance(RESET_TWICE_AT_ONCE) ? 2 : 1 }, newPassword);
      await Promise.all(
        tries.map(async (next) => {
          const answer = await wire.send(ask.completeReset(person, link, next));
          learnPassword(person, next, learn(person, answer));
        }),
      );
      delete person.refreshToken;
    },
    renewVerification: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await wire.send(ask.renewVerification(person)));
      await followVerification(person);
    },
    /** An admin changes the role of another person. */
    changeRole: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const role = random.chance(0.5) ? 'admin' : 'user';
      learnOfOther(admin, await wire.send(ask.changeRole(admin, person, role)));
    },
    disable: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const answer = await wire.send(ask.disable(admin, person));
      learnOfOther(admin, answer);
      if (answer.status === 200 || isUncertain(answer)) person.disabled = true;
    },
    enable: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const answer = await wire.send(ask.enable(admin, person));
      learnOfOther(admin, answer);
      if (answer.status === 200) person.disabled = false;
    },
    sendMail: async (admin: Person, addresses: readonly string[]): Promise<void> => {
      if (!(await signedIn(admin))) return;
      learnOfOther(admin, await wire.insist(ask.sendMail(admin, addresses)));
    },
  };
}

/** The sequence is of the other person's account. */
function learnOfOther(admin: Person, { status }: Answer): void {
  if (status === 401) delete admin.accessToken;
}
