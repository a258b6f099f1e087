/** The read model filled anew beside the one that answers, compared with it and put in its place; and back. */
import { parseArgs } from 'node:util';
import { type GenerationState, openRebuild, type Parity, type Rebuild } from '@latchkey/user/rebuilding';
import { type Command, type Context, UsageError, type Work } from './command.ts';
import { patiently } from './patience.ts';
import { amount, counted, progressOf } from './progress.ts';
import { withSystem } from './system.ts';

type Task = (rebuild: Rebuild, context: Context) => Promise<void>;

const TAKES =
  'rebuild takes user, and one at most of --status, --back, --drop and --accept-differences, and nothing else';

export const rebuildCommand: Command = {
  words: 'user [--status | --back | --drop | --accept-differences]',
  does: "fill user's read model anew while it answers, compare and flip; and back",
  read: (words) => on(taskOf(words)),
};

function on(task: Task): Work {
  return (context) =>
    withSystem(context, ({ backend, bus }) => task(patient(openRebuild(backend, bus), context), context));
}

const OPTIONS = {
  status: { type: 'boolean' },
  back: { type: 'boolean' },
  drop: { type: 'boolean' },
  'accept-differences': { type: 'boolean' },
} as const;

/** @throws UsageError */
function taskOf(words: readonly string[]): Task {
  const { values, positionals } = parsed(words);
  if (positionals.join() !== 'user' || Object.keys(values).length > 1) throw new UsageError(TAKES);
  if (values.status) return tellState;
  if (values.back) return flipBack;
  if (values.drop) return dropOthers;
  return (rebuild, context) => rebuildUser(rebuild, context, values['accept-differences'] ?? false);
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true });
  } catch {
    throw new UsageError(TAKES);
  }
}

/** Sits out servers that go away meanwhile: each step may be repeated. */
function patient(rebuild: Rebuild, context: Context): Rebuild {
  function wait<T>(step: () => Promise<T>) {
    return patiently(context, 'the servers', step);
  }
  return {
    state: () => wait(() => rebuild.state()),
    begin: () => wait(() => rebuild.begin()),
    caughtUp: (generation, seen) => wait(() => rebuild.caughtUp(generation, seen)),
    compare: (generation, seen) => wait(() => rebuild.compare(generation, seen)),
    flip: (generation) => wait(() => rebuild.flip(generation)),
    kept: () => wait(() => rebuild.kept()),
    drop: (told) => wait(() => rebuild.drop(told)),
  };
}

async function rebuildUser(rebuild: Rebuild, context: Context, acceptDifferences: boolean): Promise<void> {
  const { say } = context;
  const candidate = await rebuild.begin();
  if (candidate === undefined) return sayDone(rebuild, context);
  const { generation, begun } = candidate;
  say(
    begun === 'now'
      ? `Generation ${generation} is filled from the beginning of the log, beside the one that answers.`
      : `Generation ${generation} is being filled already: going on with it.`,
  );
  await catchUp(rebuild, context, generation);
  demandParity(generation, await compare(rebuild, context, generation), acceptDifferences, context);
  const before = await rebuild.flip(generation);
  say(`Generation ${generation} answers. Every instance knows within 2 seconds.`);
  if (before !== generation)
    say(`Generation ${before} is kept and filled: --back flips back to it, --drop removes it.`);
}

async function sayDone(rebuild: Rebuild, { say }: Context): Promise<void> {
  for (const line of describeAll(await rebuild.state())) say(line);
  say('A rebuild is done. Before another, end this one: --back flips back, --drop removes what is kept.');
}

const STILL_MS = 15_000;

/** Says so where nothing moves: it is the running instances that do the work. */
async function catchUp(rebuild: Rebuild, context: Context, generation: number): Promise<void> {
  const progress = progressOf(context, 'records read');
  let read = -1;
  let moved = performance.now();
  const reached = await rebuild.caughtUp(generation, (seen) => {
    progress.show(seen.read, seen.records);
    if (seen.read !== read) moved = performance.now();
    else if (performance.now() - moved > STILL_MS) {
      context.note('No record was read for 15 seconds. Is the user service running?');
      moved = performance.now();
    }
    read = seen.read;
  });
  context.say(`Generation ${generation} has caught up: ${counted(reached.read, 'record')} read.`);
}

async function compare(rebuild: Rebuild, context: Context, generation: number): Promise<Parity> {
  const progress = progressOf(context, 'accounts compared');
  return rebuild.compare(generation, (accounts) => progress.show(accounts));
}

/** @throws Error of one line where the generation is not to answer */
function demandParity(
  generation: number,
  parity: Parity,
  acceptDifferences: boolean,
  { say }: Context,
): void {
  const { accounts, parked, parkedExamples, apart, apartExamples, differing, freed } = parity;
  if (parked > 0) {
    const few = parkedExamples.map(({ account, cause }) => `${account} (${cause})`).join(', ');
    throw new Error(
      `Nothing was flipped: ${counted(parked, 'account')} parked in generation ${generation} and not in the one that answers, such as ${few}. parked retry --all lets those go on that miss no event: then repeat. Or --drop removes generation ${generation}.`,
    );
  }
  if (apart > 0)
    throw new Error(
      `Nothing was flipped: ${counted(apart, 'account')} did not come to the same event in both generations, such as ${apartExamples.join(', ')}. Is the user service running?`,
    );
  if (differing > 0 && !acceptDifferences)
    throw new Error(
      `Nothing was flipped: ${differences(parity)}. If a new rule of the projection is the reason, repeat with --accept-differences; else --drop removes generation ${generation}.`,
    );
  say(
    differing > 0
      ? `Accepted: ${differences(parity)}.`
      : `${counted(accounts, 'account')} compared, field by field: no difference.`,
  );
  if (freed > 0) say(`${counted(freed, 'account')} parked in the one that answered, and not any more.`);
}

function differences({ accounts, differing, fields, examples }: Parity): string {
  const byField = Object.entries(fields).map(([field, many]) => `${field} (${amount(many)})`);
  return `differences in ${byField.join(', ')}: ${amount(differing)} of ${counted(accounts, 'account')}, such as ${examples.join(', ')}`;
}

const tellState: Task = async (rebuild, { say }) => {
  for (const line of describeAll(await rebuild.state())) say(line);
};

const flipBack: Task = async (rebuild, context) => {
  const generation = await rebuild.kept();
  if (generation === undefined) throw new Error('There is no generation to go back to.');
  await catchUp(rebuild, context, generation);
  const before = await rebuild.flip(generation);
  context.say(`Generation ${generation} answers. Every instance knows within 2 seconds.`);
  context.say(
    `Generation ${before} is filled still: rebuild user compares and flips to it again, --drop removes it.`,
  );
};

const dropOthers: Task = async (rebuild, { say, note }) => {
  const dropped = await rebuild.drop(() =>
    note('Waiting 10 seconds, until every instance has let go of it.'),
  );
  if (dropped.length === 0) return say('There is nothing but the generation that answers.');
  for (const generation of dropped)
    say(`Generation ${generation} is removed, with its positions on the log.`);
};

function describeAll(states: readonly GenerationState[]): readonly string[] {
  return states.map(describe);
}

function describe(state: GenerationState): string {
  return `Generation ${state.generation} ${roleOf(state)}: ${amount(state.read)} of ${counted(state.records, 'record')} read, ${counted(state.parked, 'account')} parked.`;
}

function roleOf({ role, since }: GenerationState): string {
  if (role === 'next') return 'is filled, to answer next';
  if (role === 'kept') return 'is kept and filled, to go back to';
  return since === undefined ? 'answers' : `answers since ${since}`;
}
