/** Runs commands on accounts: load, decide, append, and again from the look-up when another was faster. */
import { setTimeout as pause } from 'node:timers/promises';
import { catalogue, encode } from '@latchkey/events';
import { StoreUnavailable } from '@latchkey/store';
import { v4 } from 'uuid';
import {
  type AccountFact,
  type AccountState,
  type Command,
  claimsOf,
  decide,
  evolve,
  type Fact,
  initialState,
  type RefusalKind,
} from '../account/index.ts';
import type { AppendResult, Commit, Journal, RecordedFact } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { toPublic } from '../relay/to-public.ts';
import type { Loaded, Streams } from '../streams.ts';

/** What came of a command. */
export interface Outcome {
  /** The account afterwards. */
  readonly state: AccountState;
  /** What was appended; empty where nothing had to change. */
  readonly facts: readonly AccountFact[];
  readonly refusal?: RefusalKind;
}

export interface Origin {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Of a command that may come again; without it each is new. */
  readonly commandId?: string;
}

type Ask = (state: AccountState) => Command | Promise<Command>;

export interface Accounts {
  /** @throws StoreUnavailable, or UnreadableCommit if the account's events cannot be read */
  load(userId: string): Promise<AccountState>;
  /**
   * Runs a command. `ask` is called on each try with the state as it is then, so that what the command says
   * of the world outside (who holds the address) is looked up again too.
   * @throws Refused (conflict) if the account keeps changing meanwhile; StoreUnavailable, UnreadableCommit
   */
  execute(userId: string, origin: Origin, ask: Ask): Promise<Outcome>;
  /** The same for the command that makes an account, under a new id: the journal is not asked what it has of it. */
  create(userId: string, origin: Origin, ask: Ask): Promise<Outcome>;
  /** The commit of a command that has been carried out: a request that came again need not run again. */
  carriedOut(commandId: string): Promise<Commit | undefined>;
  /** Appends the first commit of a stream that is no account's. */
  open(stream: string, origin: Origin, facts: readonly Fact[]): Promise<Commit>;
}

const TRIES = 8;
const NOTHING: Loaded<AccountState> = { state: initialState, number: 0, sequence: 0 };

export function createAccounts(deps: {
  readonly journal: Journal;
  readonly streams: Streams<AccountState>;
  nudge(stream: string): void;
  now(): Date;
  newId(): string;
}): Accounts {
  const { journal, streams, nudge, now, newId } = deps;

  /** A lost answer is made good by appending the very same commit again. */
  async function append(commit: Commit): Promise<AppendResult> {
    // What could not be published must not be decided either: it would stop its stream for ever.
    for (const event of toPublic(commit)) encode(event);
    try {
      return await journal.append(commit);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return await journal.append(commit);
    }
  }

  function record(fact: Fact, at: string): RecordedFact {
    return {
      ...fact,
      id: newId(),
      time: at,
      version: catalogue[fact.type].version,
    };
  }

  function commitOf(
    stream: string,
    { correlationId, traceparent, commandId = v4() }: Origin,
    after: { readonly number: number; readonly sequence: number },
    facts: readonly Fact[],
    keys: { readonly claims: readonly string[]; readonly address?: string },
  ): Commit {
    const at = now().toISOString();
    return {
      stream,
      number: after.number + 1,
      sequence: after.sequence + 1,
      events: facts.map((fact) => record(fact, at)),
      ...(keys.claims.length > 0 && { claims: keys.claims }),
      ...(keys.address !== undefined && { address: keys.address }),
      commandId,
      correlationId,
      ...(traceparent !== undefined && { traceparent }),
      at,
    };
  }

  /** @param expected what the first try is decided on; without it, and on every other try, what the journal has */
  async function run(
    userId: string,
    origin: Origin,
    ask: Ask,
    expected?: Loaded<AccountState>,
  ): Promise<Outcome> {
    const named = { commandId: v4(), ...origin };
    for (let tried = 0; tried < TRIES; tried += 1) {
      if (tried > 0) await pause(2 ** tried * (1 + Math.random()));
      const before = (tried === 0 && expected) || (await streams.load(userId));
      const { facts, refusal } = decide(before.state, await ask(before.state));
      const refused = refusal && { refusal };
      if (facts.length === 0) return { state: before.state, facts, ...refused };
      const registered = facts.find((fact) => fact.type === 'UserRegistered');
      const commit = commitOf(userId, named, before, facts, {
        claims: claimsOf(before.state, facts),
        ...(registered && { address: registered.private.address }),
      });
      const result = await append(commit);
      if (result.outcome === 'lost') continue;
      if (result.outcome === 'repeated') return { ...(await answeredBefore(result.commit)), ...refused };
      nudge(userId);
      return { state: facts.reduce(evolve, before.state), facts, ...refused };
    }
    throw new Refused('conflict');
  }

  /** The command was carried out before, perhaps on another stream id: the answer is that commit's. */
  async function answeredBefore(commit: Commit): Promise<Outcome> {
    nudge(commit.stream);
    const { state } = await streams.load(commit.stream);
    return { state, facts: commit.events.filter((fact) => fact.type !== 'MailRequested') };
  }

  return {
    load: async (userId) => (await streams.load(userId)).state,
    execute: (userId, origin, ask) => run(userId, origin, ask),
    create: (userId, origin, ask) => run(userId, origin, ask, NOTHING),
    carriedOut: (commandId) => journal.byCommand(commandId),
    open: async (stream, origin, facts) => {
      const commit = commitOf(stream, origin, { number: 0, sequence: 0 }, facts, { claims: [] });
      const result = await append(commit);
      if (result.outcome === 'lost') throw new Refused('conflict');
      const appended = result.outcome === 'repeated' ? result.commit : commit;
      nudge(appended.stream);
      return appended;
    },
  };
}
