import { catalogue, encode } from '@latchkey/events';
import { retry, type Sleep } from '@latchkey/process/loop';
import { disableTimeBudget, StoreUnavailable } from '@latchkey/store';
import { v4 } from 'uuid';
import type { Fact, RefusalKind } from '../account/index.ts';
import type { AppendResult, Commit, Journal, RecordedFact } from '../ports/journal.ts';
import { Refused } from '../refused.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';
import { addChainEntriesToCommit, addMissingChainEntries } from './chain-stream.ts';
import type { LoadedStream, StreamLoader } from './streams.ts';

/** The decision logic for one kind of stream. All functions are pure. */
export interface CommandDecider<State, Command, F extends Fact> {
  readonly initial: State;
  /** Returns the state of a stream after one more event. Must not modify the given state. */
  applyFact(state: State, fact: F): State;
  decide(
    state: State,
    command: Command,
  ): {
    readonly facts: readonly F[];
    /** Unique keys that the commit claims in addition to the keys that `computeLookupKeys` returns. */
    readonly claims?: readonly string[];
    /**
     * The refusal to report to the caller. Absent if the command is accepted. The facts are appended in both
     * cases.
     */
    readonly refusal?: RefusalKind;
  };
  /**
   * Returns the keys by which a commit with the given facts can be looked up: its claims, the address of its
   * open registration, and its erasure time.
   */
  computeLookupKeys(
    state: State,
    facts: readonly F[],
    at: Date,
  ): Pick<Commit, 'claims' | 'address' | 'eraseAt'>;
  /** Returns whether an event belongs to this kind of stream. */
  owns(fact: RecordedFact): fact is RecordedFact & F;
}

/** The result of running a command. */
export interface CommandOutcome<State, F extends Fact> {
  /** The state of the stream after the command. */
  readonly state: State;
  /** The events that the command has appended; empty if it changed nothing. */
  readonly facts: readonly F[];
  readonly refusal?: RefusalKind;
  /**
   * Set if an earlier call has already carried out the command, for example because the client has repeated
   * the request. `facts` are then the events that the earlier call has appended.
   */
  readonly repeated?: true;
}

/**
 * The data about the origin of a command that is recorded with its events: the correlation id and the trace
 * context.
 */
export interface CommandMetadata {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /**
   * Identifies the command, so that repeating the command has no further effect. Without an id, each call is
   * a new command.
   */
  readonly commandId?: string;
}

/**
 * Returns the command for the current state of the stream. This function is called again on each retry, so
 * that the command is always made from current data.
 */
export type CreateCommandFromState<State, Command> = (state: State) => Command | Promise<Command>;

export interface CommandExecutor<State, Command, F extends Fact> {
  /** Returns the current state of a stream. @throws StoreUnavailable, or UnreadableCommit */
  load(stream: string): Promise<State>;
  /**
   * Runs a command: loads the stream, decides, and appends a commit. If another commit was appended
   * meanwhile, starts again.
   * @throws Refused (conflict) if this happens too often; StoreUnavailable, UnreadableCommit
   */
  execute(
    stream: string,
    origin: CommandMetadata,
    ask: CreateCommandFromState<State, Command>,
  ): Promise<CommandOutcome<State, F>>;
  /**
   * Runs a command like `execute`, on a stream that is expected not to exist. The first attempt therefore
   * loads nothing.
   */
  create(
    stream: string,
    origin: CommandMetadata,
    ask: CreateCommandFromState<State, Command>,
  ): Promise<CommandOutcome<State, F>>;
  /** Returns the commit of a command that has already been carried out; undefined if it has not. */
  carriedOut(commandId: string): Promise<Commit | undefined>;
}

export interface CommandExecutorDeps {
  readonly journal: Pick<Journal, 'append' | 'byCommand' | 'read' | 'addChain'>;
  /**
   * Called with the id of the stream after each append.
   * @param appended the commit; undefined if an earlier attempt has appended it
   */
  nudge(stream: string, appended?: Commit): void;
  now(): Date;
  /** Returns a new UUIDv7. */
  newId(): string;
  /** Returns the time of a monotonic clock in ms. Default: `performance.now`. */
  monotonic?(): number;
  readonly sleep?: Sleep;
  /** Returns a random number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
}

const BACKOFF = { least: 4, most: 512, attempts: 8 };

/**
 * A failed append is retried only if it failed within this time, in ms. A slower failure suggests that the
 * store is down, and a retry would only double the time that the client waits.
 */
const APPEND_AGAIN_MS = 500;

/**
 * Thrown if another commit was appended to the stream first. The command is then retried. After the last
 * retry, the caller gets this error as `conflict`.
 */
class CommitLost extends Refused {
  constructor() {
    super('conflict');
  }
}

export function createCommandExecutor<State, Command, F extends Fact>(
  decider: CommandDecider<State, Command, F>,
  streams: StreamLoader<State>,
  deps: CommandExecutorDeps,
): CommandExecutor<State, Command, F> {
  const { journal, nudge, now, newId, sleep, random, monotonic = () => performance.now() } = deps;
  type Call = {
    readonly stream: string;
    readonly origin: CommandMetadata;
    readonly ask: CreateCommandFromState<State, Command>;
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
   * Makes one attempt at a command: decides from the given state, and appends the commit.
   * @throws CommitLost if another commit was appended first
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
    disableTimeBudget();
    if (result.outcome === 'repeated') return { ...(await earlierOutcome(result.commit)), ...refusal };
    nudge(stream, commit);
    return { state: facts.reduce(decider.applyFact, before.state), facts, ...refusal };
  }

  function newCommit(
    stream: string,
    before: LoadedStream<State>,
    { correlationId, traceparent, commandId = v4() }: CommandMetadata,
    decided: { readonly facts: readonly F[]; readonly claims: readonly string[] | undefined },
  ): Commit {
    const { facts, claims: others = [] } = decided;
    const time = now();
    const at = time.toISOString();
    const { claims: own = [], ...keys } = decider.computeLookupKeys(before.state, facts, time);
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
   * Adds hash-chain entries to the events of a commit. If earlier events of the stream have no entries,
   * because release 0.1 appended them, first adds entries to those events.
   */
  async function chained({ number, head }: LoadedStream<State>, commit: Commit): Promise<Commit> {
    const previous =
      number === 0 ? undefined : (head ?? (await addMissingChainEntries(journal, commit.stream)));
    return addChainEntriesToCommit(commit, previous);
  }

  /**
   * Appends a commit. If the store fails quickly, tries once more with the same commit, because the commit
   * may have been appended although the response was lost.
   */
  async function append(commit: Commit): Promise<AppendResult> {
    const began = monotonic();
    // Refuse here an event that cannot be encoded, because it could never be published and would block its
    // stream.
    for (const event of toPublicEvents(commit)) encode(event);
    try {
      return await journal.append(commit);
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || monotonic() - began > APPEND_AGAIN_MS) throw error;
      return await journal.append(commit);
    }
  }

  /**
   * Returns the outcome of a command that was already carried out.
   * @param commit the commit of the command. It may be in another stream than the one on which the command
   * was called: a repeated sign-up, for example, chooses a new account id
   */
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
