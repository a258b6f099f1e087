/**
 * Tests that strangers cannot take over an address. Three parties use the same address: its owner, who reads
 * the mailbox, and two strangers. Each party also has two mailboxes of its own, and each stranger has a
 * verified account with the address of one of them. The parties send random requests in any order, also
 * concurrently and more often than the limits allow. Requests may be lost or repeated.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SealedContent } from '@latchkey/events';
import { chooseRunCount } from '@latchkey/process/testing/test-cases';
import { StoreUnavailable } from '@latchkey/store';
import fc from 'fast-check';
import { findAccountByAddress, findAddressOwnerId } from '../addresses/owners.ts';
import type { Caller, UseCaseContext, UseCaseDeps } from '../deps.ts';
import { confirmEmailChange, type OwnerEvidence } from '../email-change/confirm.ts';
import { finalizeDueEmailChanges } from '../email-change/release.ts';
import { requestEmailChange } from '../email-change/request.ts';
import { undoEmailChange } from '../email-change/undo.ts';
import { cancelErasure, requestOwnErasure } from '../erasure/request-erasure.ts';
import { eraseDueAccounts } from '../erasure/sweep.ts';
import { changePassword } from '../passwords/change.ts';
import { completePasswordReset } from '../passwords/reset.ts';
import type { Journal } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { processMailRequest, requestMailToAddress } from '../requests/written-requests.ts';
import { login, type SignInResult } from '../sessions/login.ts';
import { refreshSession } from '../sessions/refresh.ts';
import { findCallerOfToken } from '../sessions/session-status.ts';
import { logoutEverywhere } from '../sessions/sessions.ts';
import { createTestContext, DAY_MS, openTestWorld } from '../testing/world.ts';
import { runSignUpCleanupPass } from './cleanup.ts';
import { signUp } from './sign-up.ts';
import { rejectSignUp, renewVerification, type VerificationEvidence, verifySignUp } from './verification.ts';

const ADDRESS = 'ada@example.com';
const PARTIES = ['owner', 'stranger', 'other stranger'] as const;
type Party = (typeof PARTIES)[number];
/**
 * Which address an action is about: the address that all parties use, or one of the two addresses that only
 * this party uses.
 */
type Target = 'shared' | 'own' | 'second';
/** The password that the owner chooses at the end of a test run. */
const LAST = 'the last one of the owner';

/** An action of one party. Only the owner of the mailbox can use the links in its mails. */
type Action =
  | { readonly kind: 'sign-up'; readonly key: number | undefined; readonly password: number }
  | { readonly kind: 'log-in'; readonly at: Target; readonly password: number }
  | { readonly kind: 'renew' | 'log-out-everywhere' | 'reject'; readonly nth: number }
  | { readonly kind: 'request'; readonly of: 'password-reset' | 'verification' }
  | {
      readonly kind: 'verify';
      readonly nth: number;
      readonly by: VerificationEvidence['kind'];
      readonly password: number;
    }
  | { readonly kind: 'reset' | 'undo-email'; readonly nth: number; readonly password: number }
  | { readonly kind: 'refresh' | 'cancel-erasure'; readonly nth: number }
  | { readonly kind: 'change-password' | 'erase'; readonly nth: number; readonly password: number }
  | { readonly kind: 'change-email'; readonly nth: number; readonly to: Target; readonly password: number }
  | {
      readonly kind: 'confirm-email';
      readonly nth: number;
      readonly by: OwnerEvidence['kind'];
      readonly password: number;
    };

interface Step {
  /** The actions of one step of a test run, which start concurrently. */
  readonly actions: readonly { readonly party: Party; readonly action: Action; readonly network: number }[];
  /** The faults of the next appends to the journal, in order. */
  readonly faults: readonly ('none' | 'request lost' | 'answer lost')[];
  readonly minutes: number;
  readonly works: boolean;
  readonly sweeps: boolean;
}

// Usually choose the newest link or session, and the first password. Requests with an older link or another
// password are often refused, and would test less.
const nth = fc.constantFrom(0, 0, 0, 1, 2, 3);
const password = fc.constantFrom(0, 0, 1);
const target = fc.constantFrom<Target>('shared', 'own', 'second');
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: signUpAction() },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('log-in' as const), at: target, password }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const), nth }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('refresh' as const, 'cancel-erasure' as const), nth }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('change-password' as const, 'erase' as const),
      nth,
      password,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('change-email' as const), nth, to: target, password }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('confirm-email' as const),
      nth,
      by: fc.constantFrom('holder' as const, 'password' as const),
      password,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('log-out-everywhere' as const, 'reject' as const), nth }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('request' as const),
      of: fc.constantFrom('password-reset' as const, 'verification' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('verify' as const),
      nth,
      by: fc.constantFrom('holder' as const, 'password' as const, 'new-password' as const),
      password,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('reset' as const, 'undo-email' as const), nth, password }),
  },
);

function signUpAction() {
  const key = fc.option(fc.nat(1), { nil: undefined });
  return fc.record({ kind: fc.constant('sign-up' as const), key, password });
}

const step: fc.Arbitrary<Step> = fc.record({
  actions: fc.array(fc.record({ party: fc.constantFrom(...PARTIES), action, network: fc.nat(1) }), {
    minLength: 1,
    maxLength: 3,
  }),
  faults: fc.array(
    fc.constantFrom('none' as const, 'none' as const, 'request lost' as const, 'answer lost' as const),
    {
      maxLength: 3,
    },
  ),
  minutes: fc.constantFrom(0, 0, 0, 1, 1, 30, 30, 61, 61, 8 * 24 * 60),
  works: fc.boolean(),
  sweeps: fc.boolean(),
});

const story = fc.array(step, { minLength: 3, maxLength: 14, size: 'max' });

interface Session {
  readonly sub: string;
  readonly sid: string;
  readonly seq: number;
  readonly refreshToken: string;
}

interface Possessions {
  /** The addresses of the mailboxes that only one party reads. */
  readonly own: string;
  readonly second: string;
  readonly passwords: readonly string[];
  readonly sessions: Session[];
  /** The accounts for which the party's browser has sign-up cookies. */
  readonly cookies: string[];
}

function possessionsOf(party: Party): Possessions {
  const name = party.replace(' ', '-');
  return {
    own: `${name}@example.com`,
    second: `${name}@example.org`,
    passwords: [`first of ${party}`, `second of ${party}`],
    sessions: [],
    cookies: [],
  };
}

function emailOf(address: string) {
  return { stored: address, canonical: address };
}

function sessionOf({ state, refreshToken }: SignInResult): Session {
  const [sid = ''] = refreshToken.split('.');
  return { sub: state.userId, sid, seq: state.sequence, refreshToken };
}

async function quickHash(text: string, address: string): Promise<string> {
  return `hash of ${text} for ${address}`;
}

const quickPasswords: UseCaseDeps['passwords'] = {
  hash: quickHash,
  async find(text, address, _request, isStored) {
    const current = await quickHash(text, address);
    return { current, ...((await isStored(current)) && { stored: current }) };
  },
};

async function openStage() {
  const world = await openTestWorld();
  const minted: SealedContent[] = [];
  /**
   * The links that the notifier would mail: only links in appended events. Auth may also create links whose
   * events are never appended.
   */
  const links: SealedContent[] = [];
  const faults: Step['faults'][number][] = [];
  const journal: Journal = {
    ...world.deps.journal,
    append: async (commit) => {
      const fault = faults.shift();
      if (fault === 'request lost') throw new StoreUnavailable(new Error('refused'));
      const result = await world.deps.journal.append(commit);
      if (result.outcome === 'appended')
        for (const [, index] of JSON.stringify(commit.events.map(({ data }) => data)).matchAll(
          /"sealed (\d+)"/g,
        )) {
          const link = minted[Number(index) - 1];
          if (link) links.push(link);
        }
      if (fault === 'answer lost') throw new StoreUnavailable(new Error('timed out'));
      return result;
    },
  };
  const deps: UseCaseDeps = {
    ...world.deps,
    journal,
    accounts: world.accountsOn({
      journal,
      snapshots: { find: async () => undefined, save: async () => undefined },
    }),
    // Use a fast password hash, because Argon2 would take most of the time of the test, and the kind of hash
    // does not matter here.
    passwords: quickPasswords,
    sealer: { seal: async (content) => `sealed ${minted.push(content)}` },
  };
  const parties: Readonly<Record<Party, Possessions>> = {
    owner: possessionsOf('owner'),
    stranger: possessionsOf('stranger'),
    'other stranger': possessionsOf('other stranger'),
  };
  const stage = { world, deps, links, faults, parties };
  await settleIn(stage, parties.stranger, parties.stranger.own);
  await settleIn(stage, parties['other stranger'], parties['other stranger'].own);
  return stage;
}

/** Gives a party an account that has verified the given address, and a session of that account. */
async function settleIn(
  { deps, links }: Pick<Stage, 'deps' | 'links'>,
  { passwords, sessions }: Possessions,
  address: string,
): Promise<void> {
  const [password = ''] = passwords;
  const origin = createTestContext();
  await signUp(deps, { email: emailOf(address), password, username: 'somebody', locale: 'en' }, origin);
  const token = links.at(-1)?.token ?? '';
  await verifySignUp(deps, { token, evidence: { kind: 'password', password } }, origin);
  sessions.push(sessionOf(await login(deps, { address, password }, origin)));
}

type Stage = Awaited<ReturnType<typeof openStage>>;

function contextOf(party: Party, network: number, given: Partial<UseCaseContext> = {}): UseCaseContext {
  return createTestContext({ ip: `${10 + PARTIES.indexOf(party)}.0.${network}.1`, ...given });
}

function nthOf<T>(items: readonly T[], index: number): T | undefined {
  return items[items.length - 1 - (index % Math.max(items.length, 1))];
}

/** Performs the action of a party. Ignores refusals and outages, which are valid outcomes. */
async function act(stage: Stage, { party, action, network }: Step['actions'][number]): Promise<void> {
  try {
    await attempt(stage, party, action, contextOf(party, network));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof StoreUnavailable)) throw error;
  }
}

async function attempt(stage: Stage, party: Party, action: Action, origin: UseCaseContext): Promise<void> {
  const { deps, parties } = stage;
  const { own, second, passwords, sessions, cookies } = parties[party];
  const addresses: Readonly<Record<Target, string>> = { shared: ADDRESS, own, second };
  const email = emailOf(ADDRESS);
  // Strangers cannot read the mails to the shared address.
  const read = party === 'owner' ? [ADDRESS, own, second] : [own, second];
  const mailbox = stage.links.filter((link) => read.includes(link.to));
  function linkFor(purpose: SealedContent['purpose'], index: number) {
    return nthOf(
      mailbox.filter((link) => link.purpose === purpose),
      index,
    );
  }
  async function withCaller(index: number, run: (caller: Caller) => Promise<unknown>): Promise<void> {
    const session = nthOf(sessions, index);
    const caller = session && (await findCallerOfToken(deps, session));
    if (caller !== undefined) await run(caller);
  }
  switch (action.kind) {
    case 'sign-up': {
      const chosen = passwords[action.password] ?? '';
      const idempotency = action.key === undefined ? undefined : { key: `${action.key}`, body: chosen };
      const person = { email, password: chosen, username: 'somebody', locale: 'en' };
      cookies.push((await signUp(deps, person, { ...origin, idempotency })).userId);
      return;
    }
    case 'log-in': {
      const address = addresses[action.at];
      const chosen = passwords[action.password] ?? '';
      sessions.push(sessionOf(await login(deps, { address, password: chosen }, origin)));
      return;
    }
    case 'refresh': {
      const session = nthOf(sessions, action.nth);
      if (session) sessions.push(sessionOf(await refreshSession(deps, session.refreshToken, origin)));
      return;
    }
    case 'renew':
      return withCaller(action.nth, (caller) => renewVerification(deps, caller, origin));
    case 'log-out-everywhere':
      return withCaller(action.nth, (caller) => logoutEverywhere(deps, caller, origin));
    case 'change-password': {
      const [currentPassword = '', newPassword = ''] =
        action.password === 0 ? passwords : passwords.toReversed();
      const change = { currentPassword, newPassword, confirmNewPassword: newPassword };
      return withCaller(action.nth, (caller) => changePassword(deps, change, caller, origin));
    }
    case 'change-email': {
      const newEmail = emailOf(addresses[action.to]);
      const request = { newEmail, password: passwords[action.password] ?? '' };
      return withCaller(action.nth, (caller) => requestEmailChange(deps, request, caller, origin));
    }
    case 'erase': {
      const request = { password: passwords[action.password] ?? '' };
      return withCaller(action.nth, (caller) => requestOwnErasure(deps, request, caller, origin));
    }
    case 'request':
      await requestMailToAddress(deps, { kind: action.of, address: ADDRESS }, origin);
      return;
    case 'reject': {
      const link = linkFor('verification', action.nth);
      if (link) await rejectSignUp(deps, link.token, origin);
      return;
    }
    case 'verify': {
      const link = linkFor('verification', action.nth);
      if (link)
        await verifySignUp(deps, { token: link.token, evidence: evidenceOf(parties[party], action) }, origin);
      return;
    }
    case 'confirm-email': {
      const link = linkFor('email-change', action.nth);
      const evidence = ownerEvidenceOf(parties[party], action);
      if (link) await confirmEmailChange(deps, { token: link.token, evidence }, origin);
      return;
    }
    case 'cancel-erasure': {
      const link = linkFor('erasure', action.nth);
      if (link) await cancelErasure(deps, link.token, origin);
      return;
    }
    case 'reset':
    case 'undo-email': {
      const link = linkFor(action.kind === 'reset' ? 'reset' : 'email-undo', action.nth);
      const chosen = passwords[action.password] ?? '';
      const choice = { newPassword: chosen, confirmNewPassword: chosen };
      const use = action.kind === 'reset' ? completePasswordReset : undoEmailChange;
      if (link) await use(deps, { token: link.token, ...choice }, origin);
      return;
    }
  }
}

function ownerEvidenceOf(
  { passwords, sessions }: Possessions,
  { by, password: index }: Extract<Action, { kind: 'confirm-email' }>,
): OwnerEvidence {
  if (by === 'password') return { kind: by, password: passwords[index] ?? '' };
  return { kind: by, holders: sessions.map(({ sub, seq }) => ({ userId: sub, since: seq })) };
}

function evidenceOf(
  { passwords, cookies, sessions }: Possessions,
  { by, password: index }: Extract<Action, { kind: 'verify' }>,
): VerificationEvidence {
  const chosen = passwords[index] ?? '';
  if (by === 'password') return { kind: by, password: chosen };
  if (by === 'new-password') return { kind: by, newPassword: chosen, confirmNewPassword: chosen };
  const ofSessions = sessions.map(({ sub, seq }) => ({ userId: sub, since: seq }));
  return { kind: by, holders: [...cookies.map((userId) => ({ userId, since: 1 })), ...ofSessions] };
}

async function work({ deps, world, faults }: Stage): Promise<void> {
  faults.length = 0;
  const claim = { owner: 'a worker', now: world.deps.now(), leaseMs: 1000, limit: 1000 };
  for (const request of await deps.requests.claim(claim)) {
    await processMailRequest(deps, request);
    await deps.requests.done(request.id, 'a worker');
  }
}

/** Does what auth's jobs do: it ends old sign-ups, erases accounts that are due, and releases addresses. */
async function sweep({ deps, world }: Stage): Promise<void> {
  await runSignUpCleanupPass(deps);
  const { accounts, journal } = deps;
  await eraseDueAccounts({ ...world.erasing, accounts, journal });
  await finalizeDueEmailChanges(deps, (_, error) => {
    throw error;
  });
}

async function play(stage: Stage, steps: readonly Step[], check: () => Promise<void>): Promise<void> {
  for (const { actions, faults, minutes, works, sweeps } of steps) {
    stage.world.advance(minutes * 60_000);
    stage.faults.push(...faults);
    await Promise.all(actions.map((one) => act(stage, one)));
    stage.faults.length = 0;
    if (works) await work(stage);
    if (sweeps) await sweep(stage);
    await check();
  }
}

/**
 * Asserts that every address of the owner still belongs to the owner: no stranger has a session of the
 * account with this address, and the password of the account is one that the owner has chosen.
 */
async function assertStrangersAreOut({ deps, parties }: Stage): Promise<void> {
  const strangers: readonly Possessions[] = [parties.stranger, parties['other stranger']];
  const sessions: readonly Session[] = strangers.flatMap((stranger) => stranger.sessions);
  for (const address of [ADDRESS, parties.owner.own, parties.owner.second]) {
    const account = await findAccountByAddress(deps, address);
    if (account === undefined) continue;
    assert.equal(account.status, 'verified');
    const hashes = [...parties.owner.passwords, LAST].map((text) => `hash of ${text} for ${address}`);
    assert.ok(hashes.includes(account.passwordHash), 'the password is one that the owner has chosen');
    const callers = await Promise.all(
      sessions.filter(({ sub }) => sub === account.userId).map((session) => findCallerOfToken(deps, session)),
    );
    assert.ok(
      callers.every((caller) => caller === undefined),
      'no session of a stranger is active',
    );
  }
}

/**
 * Asserts that the owner can still get access. Eight days later, all erasures have been carried out and no
 * change of address can be undone any more. The owner then signs up or resets the password from a new
 * network, and follows the newest link.
 */
async function assertOwnerGetsIn(stage: Stage): Promise<void> {
  const { deps, links, world } = stage;
  const origin = createTestContext({ ip: '203.0.113.9' });
  world.advance(8 * DAY_MS);
  await sweep(stage);
  const chosen = LAST;
  const person = {
    email: emailOf(ADDRESS),
    password: chosen,
    username: 'ada',
    locale: 'en',
  };
  const before = links.length;
  if ((await findAddressOwnerId(deps, ADDRESS)) === undefined) await signUp(deps, person, origin);
  else await requestMailToAddress(deps, { kind: 'password-reset', address: ADDRESS }, origin);
  await work(stage);
  const link = links.slice(before).at(-1);
  assert.ok(link, 'a mail comes');
  const both = { newPassword: chosen, confirmNewPassword: chosen };
  if (link.purpose === 'reset') await completePasswordReset(deps, { token: link.token, ...both }, origin);
  else await verifySignUp(deps, { token: link.token, evidence: { kind: 'new-password', ...both } }, origin);
  const { state } = await login(deps, { address: ADDRESS, password: chosen }, origin);
  assert.equal(state.status, 'verified');
}

async function onStage(run: (stage: Stage) => Promise<void>): Promise<void> {
  const stage = await openStage();
  try {
    await run(stage);
  } finally {
    await stage.world.close();
  }
}

function stepOf(party: Party, action: Action, minutes = 0): Step {
  return { actions: [{ party, action, network: 0 }], faults: [], minutes, works: true, sweeps: true };
}

describe('of one address, for any sequence of requests,', () => {
  for (const isTaken of [false, true])
    test(`nobody without the mailbox gets into a verified account, and its owner always gets in${isTaken ? ', who has an account already' : ''}`, async () => {
      await fc.assert(
        fc.asyncProperty(story, (steps) =>
          onStage(async (stage) => {
            if (isTaken) await settleIn(stage, stage.parties.owner, ADDRESS);
            await play(stage, steps, () => assertStrangersAreOut(stage));
            await assertOwnerGetsIn(stage);
            await assertStrangersAreOut(stage);
          }),
        ),
        { numRuns: chooseRunCount({ some: 15, all: 40 }) },
      );
    });

  test('the actions of a story change addresses and erase accounts', () =>
    onStage(async (stage) => {
      await settleIn(stage, stage.parties.owner, ADDRESS);
      const [account] = stage.parties.owner.sessions;
      const newest = { nth: 0, password: 0 };
      const steps = [
        stepOf('owner', { kind: 'change-password', ...newest }),
        stepOf('owner', { kind: 'refresh', nth: 0 }),
        stepOf('owner', { kind: 'change-email', to: 'second', nth: 0, password: 1 }),
        stepOf('owner', { kind: 'confirm-email', by: 'holder', ...newest }),
        stepOf('owner', { kind: 'undo-email', ...newest }),
        stepOf('owner', { kind: 'log-in', at: 'shared', password: 0 }),
        stepOf('owner', { kind: 'erase', ...newest }),
        stepOf('owner', { kind: 'cancel-erasure', nth: 0 }),
        stepOf('owner', { kind: 'log-in', at: 'shared', password: 0 }),
        stepOf('owner', { kind: 'erase', ...newest }),
        stepOf('owner', { kind: 'log-in', at: 'shared', password: 0 }, 8 * 24 * 60),
      ];
      await play(stage, steps, () => assertStrangersAreOut(stage));
      assert.deepEqual(await stage.world.typesOf(account?.sub ?? ''), [
        'UserRegistered',
        'AccountVerified',
        'PasswordChanged',
        'SessionsRevoked',
        'EmailChangeRequested',
        'EmailChanged',
        'EmailChangeReverted',
        'PasswordChanged',
        'SessionsRevoked',
        'OwnerAlerted',
        'AccountErasureRequested',
        'SessionsRevoked',
        'AccountErasureCanceled',
        'AccountErasureRequested',
        'SessionsRevoked',
        'AccountErased',
      ]);
    }));
});
