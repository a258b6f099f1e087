/**
 * Generates random commands on two accounts that sign up with the same address. Either account may change its
 * address. The commands come in any order and with any tokens.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { computeLookupKeys, findUnneededAddressClaims, toAddressClaim } from '../claims.ts';
import type { AccountCommand, LinkToMail, RegisterAccountCommand, SignUpProof } from '../commands.ts';
import { decide } from '../decide.ts';
import type { Decision } from '../decision.ts';
import { type AccountState, applyAccountFact, initialAccountState } from '../state.ts';
import { adminId, createInstantAfterNoon } from './ada.ts';

const ids = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'] as const;
export const addressSharedByAccounts = 'ada@example.com';
/** The addresses that the accounts can change to. */
const addresses = [addressSharedByAccounts, 'countess@example.com'] as const;

/**
 * The generators below use only a few different values of each kind, so that stale tokens, correct passwords
 * and repetitions are common.
 */
const MINUTES = 60_000;
const minute = fc.integer({ min: 0, max: 40 });
const number = fc.integer({ min: 0, max: 2 });
const purposes = ['verification', 'reset', 'email-change', 'email-undo'] as const;
type Purpose = (typeof purposes)[number];
const purpose = fc.constantFrom(...purposes);
function hashOf(of: string, n: number): string {
  return `secret-hash-of-${of}-${n}`;
}
const password = number.map((n) => hashOf('password', n));

function linkOf(kind: Purpose) {
  return fc.tuple(number, minute).map(
    ([n, expires]): LinkToMail => ({
      hash: hashOf(kind, n),
      sealed: {
        sealed: `sealed-${kind}-${n}`,
        expiresAt: createInstantAfterNoon(expires * MINUTES).toISOString(),
      },
    }),
  );
}

/** Generates a token: usually a token for the given purpose, sometimes a token for another purpose. */
function tokenFor(kind: Purpose) {
  return fc
    .tuple(fc.oneof({ weight: 4, arbitrary: fc.constant(kind) }, { weight: 1, arbitrary: purpose }), number)
    .map(([of, n]) => hashOf(of, n));
}

const holder = fc.record({ userId: fc.constantFrom(...ids), since: fc.integer({ min: 1, max: 20 }) });
const ownProof: fc.Arbitrary<Exclude<SignUpProof, { kind: 'new-password' }>> = fc.oneof(
  fc.record({ kind: fc.constant('password' as const), passwordHash: password }),
  fc.record({ kind: fc.constant('holder' as const), holders: fc.array(holder, { maxLength: 1 }) }),
);
const proof: fc.Arbitrary<SignUpProof> = fc.oneof(
  { weight: 2, arbitrary: ownProof },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('new-password' as const), passwordHash: password }),
  },
);

/** Generates a command. `now` and `owner` are placeholders, filled in when the command is run. */
function request(userId: string): fc.Arbitrary<AccountCommand> {
  const owner = fc.constant(undefined);
  const now = fc.constant(createInstantAfterNoon(0));
  const name = fc.constantFrom('ada', 'alan', 'countess');
  const by = fc.constantFrom(adminId, userId, 'ops');
  const reason = fc.constantFrom('because', 'therefore');
  function type<T extends AccountCommand['type']>(name: T) {
    return fc.constant(name);
  }
  function often<T>(arbitrary: fc.Arbitrary<T>) {
    return { weight: 4, arbitrary };
  }
  function mostly<T>(arbitrary: fc.Arbitrary<T>) {
    return { weight: 9, arbitrary };
  }
  function seldom<T>(arbitrary: fc.Arbitrary<T>) {
    return { weight: 1, arbitrary };
  }
  return fc.oneof(
    often(fc.record({ type: type('RenewVerification'), link: linkOf('verification'), owner })),
    often(
      fc.record({
        type: type('Verify'),
        tokenHash: tokenFor('verification'),
        ...{ proof, now, owner },
      }),
    ),
    seldom(fc.record({ type: type('RejectRegistration'), tokenHash: tokenFor('verification'), now })),
    seldom(
      fc.record({ type: type('EndRegistration'), reason: fc.constantFrom('expired', 'superseded'), owner }),
    ),
    often(
      fc.record({
        type: type('RequestPasswordReset'),
        address: fc.constantFrom(...addresses),
        link: linkOf('reset'),
        owner,
      }),
    ),
    mostly(
      fc.constantFrom(...addresses).chain((to) =>
        fc.record({
          type: type('RequestEmailChange'),
          address: fc.constant(to),
          email: fc.constant(to),
          checkedHash: password,
          passwordHash: password,
          link: linkOf('email-change'),
          ...{ owner, now },
        }),
      ),
    ),
    mostly(
      fc.record({
        type: type('ConfirmEmailChange'),
        tokenHash: tokenFor('email-change'),
        proof: ownProof,
        undo: linkOf('email-undo'),
        ...{ owner, now },
      }),
    ),
    mostly(
      fc.record({
        type: type('UndoEmailChangeByOwner'),
        tokenHash: tokenFor('email-undo'),
        passwordHash: password,
        now,
      }),
    ),
    often(fc.record({ type: type('FinalizeEmailChange'), now })),
    often(
      fc.record({
        type: type('CompleteReset'),
        tokenHash: tokenFor('reset'),
        passwordHash: password,
        ...{ now, owner },
      }),
    ),
    often(fc.record({ type: type('ChangePassword'), checkedHash: password, passwordHash: password })),
    seldom(fc.record({ type: type('RehashPassword'), checkedHash: password, passwordHash: password })),
    often(fc.record({ type: type('ChangeProfile'), username: name, locale: fc.constantFrom('en', 'de') })),
    often(fc.record({ type: type('ChangeRole'), role: fc.constantFrom('user', 'admin'), by })),
    seldom(fc.record({ type: type('DisableAccount'), by, reason })),
    often(fc.record({ type: type('EnableAccount'), by, reason })),
    seldom(
      fc.record(
        {
          type: type('RequestErasure'),
          by,
          eraseAt: minute.map((at) => createInstantAfterNoon(at * MINUTES).toISOString()),
          link: linkOf('reset'),
        },
        { requiredKeys: ['type', 'by', 'eraseAt'] },
      ),
    ),
    seldom(fc.record({ type: type('CancelEmailChange'), now })),
    seldom(fc.record({ type: type('CancelErasure'), tokenHash: tokenFor('reset'), now })),
    seldom(fc.record({ type: type('Erase'), now })),
    seldom(fc.record({ type: type('AlertOwner'), reason: fc.constantFrom('new-sign-in', 'locked-out') })),
    seldom(fc.record({ type: type('RevokeSessions'), reason: fc.constantFrom('logout-all', 'admin') })),
    often(
      fc.record(
        {
          type: type('RevokeSessions'),
          reason: fc.constant('refresh-reuse'),
          since: fc.nat(20),
          sessionId: fc.uuid(),
        },
        { requiredKeys: ['type', 'reason', 'since'] },
      ),
    ),
  );
}

function registration(userId: string): fc.Arbitrary<RegisterAccountCommand> {
  return fc.tuple(password, linkOf('verification')).map(([passwordHash, link]) => ({
    type: 'Register',
    userId,
    address: addressSharedByAccounts,
    email: 'Ada@Example.com',
    username: 'ada',
    locale: 'en',
    passwordHash,
    link,
    owner: undefined,
  }));
}

interface StoryStep {
  readonly userId: string;
  readonly command: AccountCommand;
  /** How far the clock advances before the command is run, in minutes. */
  readonly minutes: number;
  /** Whether auth's clean-up runs after the command and releases claims that are no longer needed. */
  readonly sweeps: boolean;
}

const step: fc.Arbitrary<StoryStep> = fc.constantFrom(...ids).chain((userId) =>
  fc.record({
    userId: fc.constant(userId),
    command: fc.oneof(
      { weight: 1, arbitrary: registration(userId) },
      { weight: 9, arbitrary: request(userId) },
    ),
    minutes: fc.nat(1),
    sweeps: fc.boolean(),
  }),
);

const [one, other] = ids;
/**
 * Generates commands on two accounts that sign up with the same address. In some stories, the first account
 * has verified the address, or even changed to a different one, before the second one signs up.
 */
export const arbitraryAccountCommands: fc.Arbitrary<readonly StoryStep[]> = fc
  .tuple(
    registration(one),
    registration(other),
    fc.constantFrom('pending', 'proven', 'changed'),
    fc.record({ link: linkOf('email-change'), undo: linkOf('email-undo') }),
    fc.array(step, { maxLength: 40, size: 'max' }),
  )
  .map(([first, second, begun, links, rest]) => [
    beginning(one, first),
    ...(begun === 'pending' ? [] : [beginning(one, proving(first))]),
    ...(begun === 'changed' ? changing(first, links).map((command) => beginning(one, command)) : []),
    beginning(other, second),
    ...rest,
  ]);

function beginning(userId: string, command: AccountCommand): StoryStep {
  return { userId, command, minutes: 0, sweeps: false };
}

/** Returns the command that verifies an account with the link and the password of its sign-up. */
function proving({ link, passwordHash }: RegisterAccountCommand): AccountCommand {
  return {
    type: 'Verify',
    tokenHash: link.hash,
    proof: { kind: 'password', passwordHash },
    now: createInstantAfterNoon(0),
    owner: undefined,
  };
}

/** Returns the commands that request and confirm a change of a verified account's address. */
function changing(
  { passwordHash }: RegisterAccountCommand,
  { link, undo }: { readonly link: LinkToMail; readonly undo: LinkToMail },
): readonly AccountCommand[] {
  const [, to] = addresses;
  const lookedUp = { now: createInstantAfterNoon(0), owner: undefined };
  const proof = { kind: 'password', passwordHash } as const;
  return [
    {
      type: 'RequestEmailChange',
      address: to,
      email: to,
      checkedHash: passwordHash,
      passwordHash,
      link,
      ...lookedUp,
    },
    { type: 'ConfirmEmailChange', tokenHash: link.hash, proof, undo, ...lookedUp },
  ];
}

/** A command of a story, with the decision about it and the state of the account before and after. */
export interface ExecutedAccountCommand {
  readonly command: AccountCommand;
  readonly before: AccountState;
  readonly decision: Decision;
  readonly after: AccountState;
}

/** The outcome of a story: the accounts, the claims and all executed commands. */
export interface AccountCommandsOutcome {
  readonly accounts: ReadonlyMap<string, AccountState>;
  /** The claims (unique keys, such as a verified address), each with the id of the account that holds it. */
  readonly claims: ReadonlyMap<string, string>;
  readonly executed: readonly ExecutedAccountCommand[];
}

/**
 * Fills in the values that a use case looks up for a command before each attempt: the owner of the address
 * and the time. Also limits `since` to the account's current sequence, because a session cannot have been
 * created at a higher sequence.
 */
function asLookedUp(
  world: AccountCommandsOutcome,
  userId: string,
  command: AccountCommand,
  now: Date,
): AccountCommand {
  return {
    ...command,
    ...('since' in command && { since: Math.min(command.since ?? 0, sequenceOf(world, userId)) }),
    ...('owner' in command && { owner: world.claims.get(toAddressClaim(addressOf(world, userId, command))) }),
    ...('now' in command && { now }),
  };
}

/** Returns the address whose owner a use case looks up for a command. */
function addressOf({ accounts }: AccountCommandsOutcome, userId: string, command: AccountCommand): string {
  if (command.type === 'RequestEmailChange') return command.address;
  const state = accounts.get(userId);
  if (state === undefined || state.status === 'none') return addressSharedByAccounts;
  const isChange = command.type === 'ConfirmEmailChange' && state.status === 'verified';
  return (isChange ? state.emailChange?.address : undefined) ?? state.address;
}

function sequenceOf({ accounts }: AccountCommandsOutcome, userId: string): number {
  const state = accounts.get(userId);
  return state === undefined || state.status === 'none' ? 0 : state.sequence;
}

/**
 * Runs the commands as the use cases do: looks up the owner of the address, and stores the events of a command
 * together with its claims on unique keys, such as addresses. Skips a command that needs a claim which the
 * account itself still holds, because the claim has not been released yet.
 */
export function runAccountCommands(steps: readonly StoryStep[]): AccountCommandsOutcome {
  let world: AccountCommandsOutcome = { accounts: new Map(), claims: new Map(), executed: [] };
  let minutes = 0;
  for (const { userId, command: asked, minutes: later, sweeps } of steps) {
    minutes += later;
    const before = world.accounts.get(userId) ?? initialAccountState;
    const command = asLookedUp(world, userId, asked, createInstantAfterNoon(minutes * MINUTES));
    const decision = decide(before, command);
    const { claims = [] } = computeLookupKeys(
      before,
      decision.facts,
      createInstantAfterNoon(minutes * MINUTES),
    );
    const holders = claims.flatMap((claim) => world.claims.get(claim) ?? []);
    assert.ok(
      holders.every((holder) => holder === userId),
      'nobody takes a claim of another account',
    );
    if (holders.length > 0) continue;
    const after = decision.facts.reduce(applyAccountFact, before);
    const taken = new Map([...world.claims, ...claims.map((claim) => [claim, userId] as const)]);
    world = {
      accounts: new Map([...world.accounts, [userId, after]]),
      claims: sweeps ? released(taken, userId, after) : taken,
      executed: [...world.executed, { command, before, decision, after }],
    };
  }
  return world;
}

function released(claims: ReadonlyMap<string, string>, userId: string, state: AccountState) {
  const own = [...claims].filter(([, holder]) => holder === userId).map(([claim]) => claim);
  const { addressClaims, releaseClaims } = findUnneededAddressClaims(state, own);
  return new Map([...claims].filter(([claim]) => ![...addressClaims, ...releaseClaims].includes(claim)));
}
