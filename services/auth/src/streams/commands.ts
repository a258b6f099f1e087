import { catalogue, encode } from '@latchkey/events';
import { retry, type Sleep } from '@latchkey/process/loop';
import { liftTimeBudget, StoreUnavailable } from '@latchkey/store';
import { v4 } from 'uuid';
import type { Fact, RefusalKind } from '../account/index.ts';
import type { AppendResult, Commit, Journal, RecordedFact } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';
import { chainEntriesOf, chainStream } from './chain-stream.ts';
import type { LoadedStream, Streams } from './streams.ts';

/** The rules of one kind of stream. All functions are pure. */
export interface Decider<State, Command, F extends Fact> {
  readonly initial: State;
  /** Returns the state after a fact. Must not change the given state. */
  evolve(state: State, fact: F): State;
  decide(
    state: State,
    command: Command,
  ): {
    readonly facts: readonly F[];
    /** Additional unique keys (claims) that the same commit takes, besides those that `lookupKeysOf` returns. */
    readonly claims?: readonly string[];
    /**
     * Why the command is refused. A refusal may come with facts, which are appended although the caller is refused.
     */
    readonly refusal?: RefusalKind;
  };
  /** Returns the keys by which the commit of these facts is found. */
  lookupKeysOf(state: State, facts: readonly F[], at: Date): Pick<Commit, 'claims' | 'address' | 'eraseAt'>;
  /** Returns whether a fact belongs to this kind of stream. */
  owns(fact: RecordedFact): fact is RecordedFact & F;
}

/** The result of a command. */
export interface CommandOutcome<State, F extends Fact> {
  /** The state after the command. */
  readonly state: State;
  /** The facts that were appended; empty if nothing had to change. */
  readonly facts: readonly F[];
  readonly refusal?: RefusalKind;
  /**
   * Set if the command was carried out earlier, for example before a retry of the request. `facts` are then the facts
   * that were appended at that time.
   */
  readonly repeated?: true;
}

/** The request behind a command. */
export interface CommandOrigin {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Identifies a command that may be repeated. Without it, each call is a new command. */
  readonly commandId?: string;
}

/** Returns the command for a state. Called again on each try, so that everything it looks up elsewhere is current. */
export type CommandFor<State, Command> = (state: State) => Command | Promise<Command>;

export interface Commands<State, Command, F extends Fact> {
  /** Returns the state of a stream. @throws StoreUnavailable, or UnreadableCommit */
  load(stream: string): Promise<State>;
  /**
   * Runs a command: loads, decides and appends. Starts again with the load if another command was faster.
   * @throws Refused (conflict) if the stream keeps changing meanwhile; StoreUnavailable, UnreadableCommit
   */
  execute(
    stream: string,
    origin: CommandOrigin,
    ask: CommandFor<State, Command>,
  ): Promise<CommandOutcome<State, F>>;
  /**
   * Runs a command on a new stream. Nothing is loaded before the first attempt, because the stream is expected not to
   * exist.
   */
  create(
    stream: string,
    origin: CommandOrigin,
    ask: CommandFor<State, Command>,
  ): Promise<CommandOutcome<State, F>>;
  /** Returns the commit of a command that was carried out before, so that a repeated request need not run again. */
  carriedOut(commandId: string): Promise<Commit | undefined>;
}

export interface CommandsDeps {
  readonly journal: Pick<Journal, 'append' | 'byCommand' | 'read' | 'addChain'>;
  /** Called with each stream that was appended to. */
  nudge(stream: string): void;
  now(): Date;
  /** Returns a UUIDv7. */
  newId(): string;
  /** Returns the monotonic time in ms. Default: `performance.now`. */
  monotonic?(): number;
  readonly sleep?: Sleep;
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random?: () => number;
}

const BACKOFF = { least: 4, most: 512, attempts: 8 };

/**
 * A failed append is repeated only if it failed within this time, in ms. If the store takes longer to fail, a second
 * try would make the client wait as long again.
 */
const APPEND_AGAIN_MS = 500;

/**
 * Thrown if another process appended a commit to the stream first. The command is then tried again; after the last
 * try, the caller gets this error.
 */
class CommitLost extends Refused {
  constructor() {
    super('conflict');
  }
}

export function createCommands<State, Command, F extends Fact>(
  decider: Decider<State, Command, F>,
  streams: Streams<State>,
  deps: CommandsDeps,
): Commands<State, Command, F> {
  const { journal, nudge, now, newId, sleep, random, monotonic = () => performance.now() } = deps;
  type Call = {
    readonly stream: string;
    readonly origin: CommandOrigin;
    readonly ask: CommandFor<State, Command>;
  };

  function run(call: Call, first?: LoadedStream<State>): Promise<CommandOutcome<State, F>> {
    const options = { ...BACKOFF, ...(sleep && { sleep }), ...(random && { random }) };
    const origin = { commandId: v4(), ...call.origin };
    let known = first;
    return retry({ ...options, when: (error) => error instanceof CommitLost }, async () => {
      const before = known ?? (await streams.load(call.stream));
      known = undefined;
      return attempt(before, { ...call, origin });
    });
  }

  /**
   * Makes one attempt: decides based on the given state, and appends the commit. @throws CommitLost if another commit
   * was appended first
   */
  async function attempt(
    before: LoadedStream<State>,
    { stream, origin, ask }: Call,
  ): Promise<CommandOutcome<State, F>> {
    const { facts, claims, ...refusal } = decider.decide(before.state, await ask(before.state));
    if (facts.length === 0) return { state: before.state, facts, ...refusal };
    const commit = await chained(before, newCommit(stream, before, origin, { facts, claims }));
    const result = await append(commit);
    if (result.outcome === 'lost') throw new CommitLost();
    liftTimeBudget();
    if (result.outcome === 'repeated') return { ...(await earlierOutcome(result.commit)), ...refusal };
    nudge(stream);
    return { state: facts.reduce(decider.evolve, before.state), facts, ...refusal };
  }

  function newCommit(
    stream: string,
    before: LoadedStream<State>,
    { correlationId, traceparent, commandId = v4() }: CommandOrigin,
    decided: { readonly facts: readonly F[]; readonly claims: readonly string[] | undefined },
  ): Commit {
    const { facts, claims: others = [] } = decided;
    const time = now();
    const at = time.toISOString();
    const { claims: own = [], ...keys } = decider.lookupKeysOf(before.state, facts, time);
    const claims = [...own, ...others];
    return {
      stream,
      number: before.number + 1,
      sequence: before.sequence + 1,
      events: facts.map((fact) => recorded(fact, at)),
      ...keys,
      ...(claims.length > 0 && { claims }),
      commandId,
      correlationId,
      ...(traceparent !== undefined && { traceparent }),
      at,
    };
  }

  function recorded(fact: Fact, time: string): RecordedFact {
    return { ...fact, id: newId(), time, version: catalogue[fact.type].version };
  }

  /**
   * Adds each event to the hash chain of the stream. If release 0.1 wrote the stream, its earlier events are chained
   * first.
   */
  async function chained({ number, head }: LoadedStream<State>, commit: Commit): Promise<Commit> {
    const previous = number === 0 ? undefined : (head ?? (await chainStream(journal, commit.stream)));
    const entries = chainEntriesOf(commit, previous);
    return {
      ...commit,
      events: commit.events.map((fact, index) => {
        const chain = entries[index];
        return chain === undefined ? fact : { ...fact, chain };
      }),
    };
  }

  /**
   * Appends a commit. If the response is lost, appends the very same commit again, unless the first try took long.
   */
  async function append(commit: Commit): Promise<AppendResult> {
    const began = monotonic();
    // A commit that cannot be published would block its stream for good, so it is refused before it is appended.
    for (const event of toPublicEvents(commit)) encode(event);
    try {
      return await journal.append(commit);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || monotonic() - began > APPEND_AGAIN_MS) throw error;
      return await journal.append(commit);
    }
  }

  /** Returns the outcome of a command that was already carried out, perhaps on a stream with a different id. */
  async function earlierOutcome({ stream, events }: Commit): Promise<CommandOutcome<State, F>> {
    nudge(stream);
    const { state } = await streams.load(stream);
    return { state, facts: events.filter(decider.owns), repeated: true };
  }

  return {
    load: async (stream) => (await streams.load(stream)).state,
    execute: (stream, origin, ask) => run({ stream, origin, ask }),
    create: (stream, origin, ask) =>
      run({ stream, origin, ask }, { state: decider.initial, number: 0, sequence: 0 }),
    carriedOut: (commandId) => journal.byCommand(commandId),
  };
}
