/** Random commands on two accounts of one address, in any order, with any tokens. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Command, NewLink, Proof } from '../commands.ts';
import { type Decision, decide, keysOf } from '../decide.ts';
import { type AccountState, evolve, initialState } from '../state.ts';
import { admin, at } from './ada.ts';

const ids = ['0198c0de-0000-7000-8000-000000000001', '0198c0de-0000-7000-8000-000000000002'] as const;
export const address = 'ada@example.com';

/** Few different values, so that stale tokens, correct passwords and repeated values are common. */
const MINUTES = 60_000;
const minute = fc.integer({ min: 0, max: 40 });
const number = fc.integer({ min: 0, max: 2 });
const purpose = fc.constantFrom('verification', 'reset');
function hashOf(of: string, n: number): string {
  return `secret-hash-of-${of}-${n}`;
}
const password = number.map((n) => hashOf('password', n));

function linkOf(kind: 'verification' | 'reset') {
  return fc.tuple(number, minute).map(
    ([n, expires]): NewLink => ({
      hash: hashOf(kind, n),
      sealed: { sealed: `sealed-${kind}-${n}`, expiresAt: at(expires * MINUTES).toISOString() },
    }),
  );
}

/** Usually a token for the right purpose. */
function tokenFor(kind: 'verification' | 'reset') {
  return fc
    .tuple(fc.oneof({ weight: 4, arbitrary: fc.constant(kind) }, { weight: 1, arbitrary: purpose }), number)
    .map(([of, n]) => hashOf(of, n));
}

const holder = fc.record({ userId: fc.constantFrom(...ids), since: fc.integer({ min: 1, max: 20 }) });
const proof: fc.Arbitrary<Proof> = fc.oneof(
  fc.record({ kind: fc.constant('password' as const), passwordHash: password }),
  fc.record({ kind: fc.constant('new-password' as const), passwordHash: password }),
  fc.record({ kind: fc.constant('holder' as const), holders: fc.array(holder, { maxLength: 1 }) }),
);

/** A command without the parts that the use cases look up: the clock and the owner. */
function request(userId: string): fc.Arbitrary<Command> {
  const owner = fc.constant(undefined);
  const now = fc.constant(at(0));
  const name = fc.constantFrom('ada', 'al', 'countess');
  const by = fc.constantFrom(admin, userId, 'ops');
  const reason = fc.constantFrom('because', 'therefore');
  function type<T extends Command['type']>(name: T) {
    return fc.constant(name);
  }
  function often<T>(arbitrary: fc.Arbitrary<T>) {
    return { weight: 4, arbitrary };
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
    often(fc.record({ type: type('RequestPasswordReset'), link: linkOf('reset'), owner })),
    often(
      fc.record({
        type: type('CompleteReset'),
        tokenHash: tokenFor('reset'),
        passwordHash: password,
        ...{ now, owner },
      }),
    ),
    often(fc.record({ type: type('ChangePassword'), checkedHash: password, passwordHash: password })),
    often(fc.record({ type: type('ChangeProfile'), username: name, locale: fc.constantFrom('en', 'de') })),
    often(fc.record({ type: type('ChangeRole'), role: fc.constantFrom('user', 'admin'), by })),
    seldom(fc.record({ type: type('DisableAccount'), by, reason })),
    often(fc.record({ type: type('EnableAccount'), by, reason })),
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

function registration(userId: string): fc.Arbitrary<Command> {
  return fc.tuple(password, linkOf('verification')).map(([passwordHash, link]) => ({
    type: 'Register',
    userId,
    address,
    email: 'Ada@Example.com',
    username: 'ada',
    locale: 'en',
    passwordHash,
    link,
    owner: undefined,
  }));
}

interface Step {
  readonly userId: string;
  readonly command: Command;
  /** How far the clock moves before the command. */
  readonly minutes: number;
}

const step: fc.Arbitrary<Step> = fc.constantFrom(...ids).chain((userId) =>
  fc.record({
    userId: fc.constant(userId),
    command: fc.oneof(
      { weight: 1, arbitrary: registration(userId) },
      { weight: 9, arbitrary: request(userId) },
    ),
    minutes: fc.nat(1),
  }),
);

const [one, other] = ids;
/** Two accounts of one address, and the commands on them. */
export const story: fc.Arbitrary<readonly Step[]> = fc
  .tuple(registration(one), registration(other), fc.array(step, { maxLength: 40, size: 'max' }))
  .map(([first, second, rest]) => [
    { userId: one, command: first, minutes: 0 },
    { userId: other, command: second, minutes: 0 },
    ...rest,
  ]);

/** One command that was carried out. */
export interface Turn {
  readonly command: Command;
  readonly before: AccountState;
  readonly decision: Decision;
  readonly after: AccountState;
}

export interface World {
  readonly accounts: ReadonlyMap<string, AccountState>;
  readonly owner: string | undefined;
  readonly turns: readonly Turn[];
}

/** Adds what the use cases look up on each try. No session was created at a sequence that is still to come. */
function asLookedUp(world: World, userId: string, command: Command, now: Date): Command {
  return {
    ...command,
    ...('since' in command && { since: Math.min(command.since ?? 0, sequenceOf(world, userId)) }),
    ...('owner' in command && { owner: world.owner }),
    ...('now' in command && { now }),
  };
}

function sequenceOf({ accounts }: World, userId: string): number {
  const state = accounts.get(userId);
  return state === undefined || state.status === 'none' ? 0 : state.sequence;
}

/** Runs the commands as the use cases do: the owner is looked up, and stored in the same step as the facts. */
export function play(steps: readonly Step[]): World {
  let world: World = { accounts: new Map(), owner: undefined, turns: [] };
  let minutes = 0;
  for (const { userId, command: asked, minutes: later } of steps) {
    minutes += later;
    const before = world.accounts.get(userId) ?? initialState;
    const command = asLookedUp(world, userId, asked, at(minutes * MINUTES));
    const decision = decide(before, command);
    const { claims = [] } = keysOf(before, decision.facts);
    assert.ok(claims.length === 0 || world.owner === undefined, 'a claim is taken once');
    const after = decision.facts.reduce(evolve, before);
    world = {
      accounts: new Map([...world.accounts, [userId, after]]),
      owner: claims.length > 0 ? userId : world.owner,
      turns: [...world.turns, { command, before, decision, after }],
    };
  }
  return world;
}
