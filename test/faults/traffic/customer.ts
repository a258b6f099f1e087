/** The actions of the simulated people. Each action sends one request after the other, as an app would. */
import type { RandomGenerator } from '../random.ts';
import type { Inboxes, InboxMail } from '../system/inboxes.ts';
import { type CommandResponse, type CommandSender, isOutcomeUnknown } from './command-sender.ts';
import * as ask from './commands.ts';
import { chooseRandomNames, createUniqueAddress, generateRandomPassword, type Person } from './person.ts';

export interface CustomerDeps {
  readonly sender: CommandSender;
  readonly inboxes: Inboxes;
  readonly random: RandomGenerator;
}

/** How long a simulated person waits for a mail before they continue without it, in ms. */
const READS_WITHIN_MS = 20_000;
/**
 * The fraction of mailed links with which people reject the sign-up ("This was not me"), and the fraction of
 * sign-ups that people never complete.
 */
const REFUSED = 0.04;
const ABANDONED = 0.05;
const RESET_TWICE_AT_ONCE = 0.2;
/**
 * Three fractions: of all requested erasures, those that an admin requests; of the erasures that can be
 * canceled, those that are; and of all address changes, those that are undone.
 */
const ERASED_BY_ADMIN = 0.3;
const KEPT = 0.7;
const MOVED_BACK = 0.4;
/** The fraction of address changes to an address that another person already has. */
const TAKEN = 0.1;
/** People try to cancel an erasure only if it is due more than this time from now, in ms. */
const AT_ONCE_MS = 60 * 60_000;
const PASSWORDS_KEPT = 4;
const MOST_CHANGES = 4;

export type CustomerActions = ReturnType<typeof createCustomerActions>;

export function createCustomerActions({ sender, inboxes, random }: CustomerDeps) {
  /**
   * Waits for a mail with a wanted link.
   * @returns the token of the link
   */
  async function linkFrom(
    { email }: Pick<Person, 'email'>,
    wanted: (mail: InboxMail) => boolean,
  ): Promise<string | undefined> {
    function isLink(mail: InboxMail) {
      return mail.token !== undefined && wanted(mail);
    }
    return (await inboxes.next(email, isLink, READS_WITHIN_MS))?.token;
  }

  /** Updates what a person knows about their own account, based on the response to a command of this person. */
  function learn(person: Person, answer: CommandResponse): CommandResponse {
    const { status, body, accountSequence } = answer;
    if (accountSequence !== null) person.sequence = accountSequence;
    if (status === 401) delete person.accessToken;
    if (body?.accessToken !== undefined) person.accessToken = body.accessToken;
    return answer;
  }

  function learnTokens(person: Person, answer: CommandResponse): void {
    const { status, body } = learn(person, answer);
    if (status !== 200) return;
    person.refreshToken = body.refreshToken;
    if (person.id !== undefined && person.id !== body.user.id) delete person.sequence;
    person.id = body.user.id;
    person.verified = body.user.isVerified;
  }

  async function login(person: Person): Promise<void> {
    const answer = await sender.send(ask.createLoginCommand(person));
    learnTokens(person, answer);
    if (answer.code !== 'invalid_credentials') return;
    if (person.otherEmail !== undefined)
      [person.email, person.otherEmail] = [person.otherEmail, person.email];
    const [likeliest, ...others] = person.passwords;
    if (likeliest !== undefined) person.passwords = [...others, likeliest];
  }

  async function refresh(person: Person): Promise<void> {
    const answer = await sender.send(ask.createRefreshCommand(person));
    learnTokens(person, answer);
    if (answer.status === 401) delete person.refreshToken;
  }

  /**
   * Makes sure that the person has an access token, by a refresh or a login if necessary.
   * @returns whether the person has one now; it may have been revoked
   */
  async function signedIn(person: Person): Promise<boolean> {
    if (person.accessToken !== undefined) return true;
    if (person.refreshToken !== undefined) await refresh(person);
    else await login(person);
    return person.accessToken !== undefined;
  }

  /**
   * Updates the passwords that the person's account may have, after an attempt to change the password. If the
   * outcome is unknown, the old passwords remain in the list.
   */
  function learnPassword(person: Person, next: string, answer: CommandResponse): void {
    if (answer.status === 200 && !person.sharesAddress) person.passwords = [next];
    else if (answer.status === 200 || isOutcomeUnknown(answer))
      person.passwords = [next, ...person.passwords].slice(0, PASSWORDS_KEPT);
  }

  async function followVerification(person: Person): Promise<void> {
    function isTheirs({ subject, text }: InboxMail) {
      return subject === 'Verify your email' && text.includes(person.signUpName);
    }
    const link = await linkFrom(person, isTheirs);
    if (link === undefined) return;
    const isRefused = random.chance(REFUSED);
    const command = isRefused
      ? ask.createRejectSignUpCommand(person, link)
      : ask.createVerifyAddressCommand(person, link);
    const answer = learn(person, await sender.insist(command));
    if (answer.status === 200 && !isRefused) person.verified = true;
  }

  async function requestErasure(admin: Person, person: Person): Promise<CommandResponse | undefined> {
    const byAdmin = random.chance(ERASED_BY_ADMIN);
    if (!(await signedIn(byAdmin ? admin : person))) return undefined;
    if (!byAdmin) return learn(person, await sender.send(ask.createEraseAccountCommand(person)));
    const answer = await sender.send(ask.createEraseAccountAsAdminCommand(admin, person));
    learnOfOther(admin, answer);
    return answer;
  }

  async function undoErasure(person: Person): Promise<void> {
    const link = await linkFrom(person, ({ leadsTo }) => leadsTo === 'erase');
    if (link === undefined) return;
    const { status } = await sender.insist(ask.createCancelErasureCommand(person, link));
    if (status !== 200) return;
    person.gone = false;
    delete person.refreshToken;
    delete person.accessToken;
  }

  async function confirmAddress(person: Person, newEmail: string): Promise<void> {
    const link = await linkFrom({ email: newEmail }, ({ leadsTo }) => leadsTo === 'change-email');
    if (link === undefined) return;
    const answer = learn(
      person,
      await sender.insist(ask.createConfirmEmailChangeCommand(person, link, newEmail)),
    );
    if (isOutcomeUnknown(answer)) person.otherEmail = newEmail;
    if (answer.status !== 200) return;
    person.previousEmail = person.email;
    person.email = newEmail;
  }

  async function undoChange(person: Person, email: string): Promise<void> {
    const link = await linkFrom({ email }, ({ leadsTo }) => leadsTo === 'undo-email-change');
    if (link === undefined) return;
    const next = generateRandomPassword();
    const answer = learn(person, await sender.insist(ask.createUndoEmailChangeCommand(link, next)));
    learnPassword(person, next, answer);
    if (isOutcomeUnknown(answer)) person.otherEmail = email;
    if (answer.status !== 200) return;
    person.email = email;
    delete person.previousEmail;
    delete person.refreshToken;
  }

  return {
    /** Requests the erasure of an account, and usually cancels it if that is possible. */
    eraseAccount: async (admin: Person, person: Person): Promise<void> => {
      // Before the request is sent, mark the person as gone. Otherwise the person could begin another action,
      // which could store the address again after the erasure.
      person.gone = true;
      const answer = await requestErasure(admin, person);
      person.gone = answer !== undefined && (answer.status === 202 || isOutcomeUnknown(answer));
      if (answer === undefined || !person.gone) return;
      person.asked = true;
      const { status, body } = answer;
      const isLater = status === 202 && Date.parse(body.eraseAt) > Date.now() + AT_ONCE_MS;
      if (isLater && random.chance(KEPT)) await undoErasure(person);
    },
    /**
     * Changes the address of an account, and sometimes undoes the change. @param taken the address of another
     * person
     */
    changeEmail: async (person: Person, taken: string): Promise<void> => {
      if (person.sharesAddress || !(await signedIn(person))) return;
      const isTaken = random.chance(TAKEN);
      const newEmail = isTaken ? taken : createUniqueAddress();
      const { status } = learn(person, await sender.send(ask.createChangeEmailCommand(person, newEmail)));
      person.asked = true;
      if (status === 202 && !isTaken) await confirmAddress(person, newEmail);
      if (person.previousEmail !== undefined && random.chance(MOVED_BACK))
        await undoChange(person, person.previousEmail);
    },
    /**
     * Logs in with every address that the person may have. Called at the end of a run, when no work is
     * pending.
     */
    askFinally: async ({ email, otherEmail, previousEmail, passwords }: Person): Promise<void> => {
      for (const address of [email, otherEmail, previousEmail])
        if (address !== undefined)
          await sender.insist(ask.createFinalLoginCommand(address, passwords[0] ?? ''));
    },
    /** Signs up and usually follows the verification link. */
    join: async (person: Person): Promise<void> => {
      const { status } = await sender.insist(
        ask.createSignUpCommand(person, random.chance(0.5) ? chooseRandomNames(random) : {}),
      );
      if (status === 201 && !random.chance(ABANDONED)) await followVerification(person);
    },
    login,
    refresh: async (person: Person): Promise<void> => {
      if (person.refreshToken === undefined) await login(person);
      else await refresh(person);
    },
    logout: async (person: Person): Promise<void> => {
      if (person.refreshToken === undefined) return login(person);
      await sender.send(ask.createLogoutCommand(person));
      delete person.refreshToken;
      delete person.accessToken;
    },
    logoutAll: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await sender.send(ask.createLogoutAllCommand(person)));
      delete person.refreshToken;
      delete person.accessToken;
    },
    /** Changes the profile several times in a row, as a form does that saves automatically. */
    changeProfile: async (person: Person): Promise<void> => {
      for (let times = random.whole(1, MOST_CHANGES); times > 0 && (await signedIn(person)); times -= 1)
        learn(person, await sender.send(ask.createChangeProfileCommand(person, chooseRandomNames(random))));
    },
    /** Reads a person's profile, which must show the person's last change. */
    readProfile: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await sender.send(ask.createReadProfileCommand(person)));
    },
    changePassword: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      const next = generateRandomPassword();
      learnPassword(
        person,
        next,
        learn(person, await sender.send(ask.createChangePasswordCommand(person, next))),
      );
    },
    /** Resets a password. Sometimes two requests use the reset link at the same time. */
    resetPassword: async (person: Person): Promise<void> => {
      await sender.send(ask.createRequestResetCommand(person));
      const link = await linkFrom(person, ({ leadsTo }) => leadsTo === 'password-reset-confirm');
      if (link === undefined) return;
      const tries = Array.from(
        { length: random.chance(RESET_TWICE_AT_ONCE) ? 2 : 1 },
        generateRandomPassword,
      );
      await Promise.all(
        tries.map(async (next) => {
          const answer = await sender.send(ask.createCompleteResetCommand(person, link, next));
          learnPassword(person, next, learn(person, answer));
        }),
      );
      delete person.refreshToken;
    },
    renewVerification: async (person: Person): Promise<void> => {
      if (!(await signedIn(person))) return;
      learn(person, await sender.send(ask.createRequestVerificationLinkCommand(person)));
      await followVerification(person);
    },
    /** Lets an admin change the role of another person. */
    changeRole: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const role = random.chance(0.5) ? 'admin' : 'user';
      learnOfOther(admin, await sender.send(ask.createChangeRoleCommand(admin, person, role)));
    },
    disable: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const answer = await sender.send(ask.createDisableAccountCommand(admin, person));
      learnOfOther(admin, answer);
      if (answer.status === 200 || isOutcomeUnknown(answer)) person.disabled = true;
    },
    enable: async (admin: Person, person: Person): Promise<void> => {
      if (!(await signedIn(admin))) return;
      const answer = await sender.send(ask.createEnableAccountCommand(admin, person));
      learnOfOther(admin, answer);
      if (answer.status === 200) person.disabled = false;
    },
    sendMail: async (admin: Person, addresses: readonly string[]): Promise<void> => {
      if (!(await signedIn(admin))) return;
      learnOfOther(admin, await sender.insist(ask.createSendMailingCommand(admin, addresses)));
    },
  };
}

/**
 * Updates what an admin knows after a command about another person's account. Does not store the sequence in
 * the response, because it is not a sequence of the admin's account.
 */
function learnOfOther(admin: Person, { status }: CommandResponse): void {
  if (status === 401) delete admin.accessToken;
}
