/**
 * Tests that strangers cannot take over an address. Three parties use the same address: its owner, who reads
 * the mailbox, and two strangers. They send arbitrary requests in any order, concurrently and beyond the
 * limits. Requests may be lost or repeated.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SealedContent } from '@latchkey/events';
import { StoreUnavailable } from '@latchkey/store';
import fc from 'fast-check';
import { isLivingAccount } from '../account/index.ts';
import { findAddressOwnerId } from '../addresses/owners.ts';
import type { UseCaseContext, UseCaseDeps } from '../deps.ts';
import { completePasswordReset } from '../passwords/reset.ts';
import type { Journal } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { processMailRequest, requestMailToAddress } from '../requests/written-requests.ts';
import { login } from '../sessions/login.ts';
import { findCallerOfToken } from '../sessions/session-status.ts';
import { logoutEverywhere } from '../sessions/sessions.ts';
import { createTestContext, DAY_MS, openTestWorld } from '../testing/world.ts';
import { runSignUpCleanupPass } from './cleanup.ts';
import { signUp } from './sign-up.ts';
import { rejectSignUp, renewVerification, type VerificationEvidence, verifySignUp } from './verification.ts';

const ADDRESS = 'ada@example.com';
const PARTIES = ['owner', 'stranger', 'other stranger'] as const;
type Party = (typeof PARTIES)[number];
/** The password that the owner chooses at the end of a test run. */
const LAST = 'the last one of the owner';

/** An action of one party. Only the owner of the mailbox can use the links in its mails. */
type Action =
  | { readonly kind: 'sign-up'; readonly key: number | undefined; readonly password: number }
  | { readonly kind: 'log-in'; readonly password: number }
  | { readonly kind: 'renew' | 'log-out-everywhere' | 'reject'; readonly nth: number }
  | { readonly kind: 'request'; readonly of: 'password-reset' | 'verification' }
  | {
      readonly kind: 'verify';
      readonly nth: number;
      readonly by: VerificationEvidence['kind'];
      readonly password: number;
    }
  | { readonly kind: 'reset'; readonly nth: number; readonly password: number };

interface Step {
  /** The actions of this step, which start concurrently. */
  readonly actions: readonly { readonly party: Party; readonly action: Action; readonly network: number }[];
  /** The faults of the next appends to the journal, in order. */
  readonly faults: readonly ('none' | 'request lost' | 'answer lost')[];
  readonly minutes: number;
  readonly works: boolean;
  readonly sweeps: boolean;
}

const nth = fc.nat(3);
const password = fc.nat(1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: signUpAction() },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('log-in' as const), password }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('renew' as const), nth }) },
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
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reset' as const), nth, password }) },
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
  minutes: fc.constantFrom(0, 0, 1, 30, 61),
  works: fc.boolean(),
  sweeps: fc.boolean(),
});

const story = fc.array(step, { minLength: 3, maxLength: 14, size: 'max' });

interface Session {
  readonly sub: string;
  readonly sid: string;
  readonly seq: number;
}

interface Possessions {
  readonly passwords: readonly string[];
  readonly sessions: Session[];
  /** The accounts for which this party's browser has sign-up cookies. */
  readonly cookies: string[];
}

function possessionsOf(party: Party): Possessions {
  return { passwords: [`first of ${party}`, `second of ${party}`], sessions: [], cookies: [] };
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
  /** The links that the notifier would mail. Links that are withheld from an event are not among them. */
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
    // Uses a fast hash, because argon2 would dominate the run time and the kind of hash does not matter here.
    passwords: quickPasswords,
    sealer: { seal: async (content) => `sealed ${minted.push(content)}` },
  };
  const parties: Readonly<Record<Party, Possessions>> = {
    owner: possessionsOf('owner'),
    stranger: possessionsOf('stranger'),
    'other stranger': possessionsOf('other stranger'),
  };
  return { world, deps, links, faults, parties };
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
  const { passwords, sessions, cookies } = parties[party];
  const email = { stored: ADDRESS, canonical: ADDRESS };
  // Strangers cannot read the mails.
  const mailbox = party === 'owner' ? stage.links : [];
  switch (action.kind) {
    case 'sign-up': {
      const chosen = passwords[action.password] ?? '';
      const idempotency = action.key === undefined ? undefined : { key: `${action.key}`, body: chosen };
      const person = { email, password: chosen, username: 'somebody', locale: 'en' };
      cookies.push((await signUp(deps, person, { ...origin, idempotency })).userId);
      return;
    }
    case 'log-in': {
      const signed = await login(
        deps,
        { address: ADDRESS, password: passwords[action.password] ?? '' },
        origin,
      );
      const { userId, sequence } = signed.state;
      const [sid = ''] = signed.refreshToken.split('.');
      sessions.push({ sub: userId, sid, seq: sequence });
      return;
    }
    case 'renew':
    case 'log-out-everywhere': {
      const session = nthOf(sessions, action.nth);
      const caller = session && (await findCallerOfToken(deps, session));
      if (caller === undefined) return;
      if (action.kind === 'renew') await renewVerification(deps, caller, origin);
      else await logoutEverywhere(deps, caller, origin);
      return;
    }
    case 'request':
      await requestMailToAddress(deps, { kind: action.of, address: ADDRESS }, origin);
      return;
    case 'reject': {
      const link = nthOf(
        mailbox.filter(({ purpose }) => purpose === 'verification'),
        action.nth,
      );
      if (link) await rejectSignUp(deps, link.token, origin);
      return;
    }
    case 'verify': {
      const link = nthOf(
        mailbox.filter(({ purpose }) => purpose === 'verification'),
        action.nth,
      );
      if (link)
        await verifySignUp(deps, { token: link.token, evidence: evidenceOf(parties[party], action) }, origin);
      return;
    }
    case 'reset': {
      const link = nthOf(
        mailbox.filter(({ purpose }) => purpose === 'reset'),
        action.nth,
      );
      const chosen = passwords[action.password] ?? '';
      if (link)
        await completePasswordReset(
          deps,
          { token: link.token, newPassword: chosen, confirmNewPassword: chosen },
          origin,
        );
      return;
    }
  }
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

async function play(stage: Stage, steps: readonly Step[], check: () => Promise<void>): Promise<void> {
  for (const { actions, faults, minutes, works, sweeps } of steps) {
    stage.world.advance(minutes * 60_000);
    stage.faults.push(...faults);
    await Promise.all(actions.map((one) => act(stage, one)));
    stage.faults.length = 0;
    if (works) await work(stage);
    if (sweeps) await runSignUpCleanupPass(stage.deps);
    await check();
  }
}

/** Asserts that no stranger has a password or session of the verified account that owns the address. */
async function assertStrangersAreOut({ deps, parties }: Stage): Promise<void> {
  const owner = await findAddressOwnerId(deps, ADDRESS);
  if (owner === undefined) return;
  const account = await deps.accounts.load(owner);
  assert.ok(isLivingAccount(account) && account.status === 'verified');
  const hashes = [...parties.owner.passwords, LAST].map((text) => `hash of ${text} for ${ADDRESS}`);
  assert.ok(hashes.includes(account.passwordHash), 'the password is one that the owner has chosen');
  const strangers: readonly Possessions[] = [parties.stranger, parties['other stranger']];
  const sessions: readonly Session[] = strangers.flatMap((stranger) => stranger.sessions);
  const callers = await Promise.all(
    sessions.filter(({ sub }) => sub === owner).map((session) => findCallerOfToken(deps, session)),
  );
  assert.ok(
    callers.every((caller) => caller === undefined),
    'no session of a stranger is active',
  );
}

/**
 * Asserts that the owner can get in: a day later, from a new network, the owner signs up or resets the
 * password, and follows the newest link.
 */
async function assertOwnerGetsIn(stage: Stage): Promise<void> {
  const { deps, links, world } = stage;
  const origin = createTestContext({ ip: '203.0.113.9' });
  world.advance(DAY_MS + 1);
  await runSignUpCleanupPass(deps);
  const chosen = LAST;
  const person = {
    email: { stored: ADDRESS, canonical: ADDRESS },
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

describe('of one address, for any sequence of requests,', () => {
  test('nobody without the mailbox gets into a verified account, and its owner always gets in', async () => {
    await fc.assert(
      fc.asyncProperty(story, (steps) =>
        onStage(async (stage) => {
          await play(stage, steps, () => assertStrangersAreOut(stage));
          await assertOwnerGetsIn(stage);
          await assertStrangersAreOut(stage);
        }),
      ),
      { numRuns: 60 },
    );
  });
});
