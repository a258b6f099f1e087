import { Argument, Option } from '@commander-js/extra-typings';
import { type ErasureRecord, findUnconfirmedConsumers, openAuthOps } from '@latchkey/auth/ops';
import { readAllPages } from '@latchkey/store';
import {
  ERASURE_RECEIPT_NAME,
  type GenerationComparison,
  type GenerationProgress,
  openUserOps,
  type ReadModelRebuild,
} from '@latchkey/user/ops';
import type { CommandContext } from '../context.ts';
import { printJsonLines } from '../output/listing.ts';
import { createProgressDisplay, formatCount, formatNumber } from '../output/progress.ts';
import { retryUntilReachable } from '../patience.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { type OpenedSystem, withOpenedSystem } from '../system.ts';
import { assertGenerationCanBeActivated } from './parity.ts';

export function addRebuildCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('rebuild')
    .description('rebuild the read model without downtime: build, compare, switch over, roll back')
    .addArgument(new Argument('<user>', 'the service whose read model to rebuild').choices(['user']))
    .addOption(new Option('--status', 'list the generations of the read model').conflicts(['back', 'drop']))
    .addOption(new Option('--back', 'switch back to the generation that was active before').conflicts('drop'))
    .option('--drop', 'delete every generation that is not active')
    .addOption(
      new Option('--accept-differences', 'switch over although accounts differ').conflicts([
        'status',
        'back',
        'drop',
      ]),
    )
    .option('--json', 'with --status: print one JSON object per line')
    .addHelpText(
      'after',
      formatExamples('rebuild user', 'rebuild user --status', 'rebuild user --back', 'rebuild user --drop'),
    )
    .action((_service, { status, back, drop, acceptDifferences = false, json = false }) => {
      if (json && !status) command.error('--json needs --status');
      return withOpenedSystem(context, async ({ store, bus }) => {
        const rebuild = retrying(openUserOps(store).rebuild(bus), context);
        if (status) return printStatus(rebuild, context, json);
        if (back) return switchBack(rebuild, context);
        if (drop) {
          await dropOthers(rebuild, context);
          return confirmWaiting({ store, bus }, context);
        }
        return rebuildUser(rebuild, context, acceptDifferences);
      });
    });
}

/**
 * Returns a rebuild of the read model that retries each step while a server is unreachable. Retrying is safe,
 * because all steps are idempotent.
 */
function retrying(rebuild: ReadModelRebuild, context: CommandContext): ReadModelRebuild {
  function wait<T>(step: () => Promise<T>) {
    return retryUntilReachable(context, 'the servers', step);
  }
  return {
    state: () => wait(() => rebuild.state()),
    begin: () => wait(() => rebuild.begin()),
    caughtUp: (generation, seen) => wait(() => rebuild.caughtUp(generation, seen)),
    compare: (generation, seen) => wait(() => rebuild.compare(generation, seen)),
    activate: (generation) => wait(() => rebuild.activate(generation)),
    kept: () => wait(() => rebuild.kept()),
    drop: (told) => wait(() => rebuild.drop(told)),
  };
}

async function rebuildUser(
  rebuild: ReadModelRebuild,
  context: CommandContext,
  acceptDifferences: boolean,
): Promise<void> {
  const { print } = context;
  const candidate = await rebuild.begin();
  if (candidate === undefined) return printDone(rebuild, context);
  const { generation, begun } = candidate;
  print(
    begun === 'now'
      ? `Generation ${generation} is filled from the beginning of the log. The active generation keeps serving queries.`
      : `Generation ${generation} is already being filled; continuing with it.`,
  );
  await catchUp(rebuild, context, generation);
  assertGenerationCanBeActivated(
    generation,
    await compare(rebuild, context, generation),
    acceptDifferences,
    context,
  );
  const before = await rebuild.activate(generation);
  print(`Generation ${generation} is active. Every instance switches over within 2 seconds.`);
  if (before !== generation)
    print(`Generation ${before} is kept up to date: --back switches back to it, --drop deletes it.`);
}

async function printDone(rebuild: ReadModelRebuild, context: CommandContext): Promise<void> {
  await printStatus(rebuild, context, false);
  context.print(
    'A rebuild is done. Before you start another: --back switches back, --drop deletes the generation that is kept.',
  );
}

const STALLED_AFTER_MS = 15_000;

/**
 * Waits until the running instances of the user service have filled a new generation of the read model.
 * Prints a note if the instances make no progress for 15 s.
 */
async function catchUp(
  rebuild: ReadModelRebuild,
  context: CommandContext,
  generation: number,
): Promise<void> {
  const progress = createProgressDisplay(context, 'records read');
  let read = -1;
  let moved = performance.now();
  const reached = await rebuild.caughtUp(generation, (seen) => {
    progress.show(seen.read, seen.records);
    if (seen.read !== read) moved = performance.now();
    else if (performance.now() - moved > STALLED_AFTER_MS) {
      context.note('No record was read for 15 seconds. Is the user service running?');
      moved = performance.now();
    }
    read = seen.read;
  });
  context.print(`Generation ${generation} has caught up: ${formatCount(reached.read, 'record')} read.`);
}

async function compare(
  rebuild: ReadModelRebuild,
  context: CommandContext,
  generation: number,
): Promise<GenerationComparison> {
  const progress = createProgressDisplay(context, 'accounts compared');
  return rebuild.compare(generation, (accounts) => progress.show(accounts));
}

async function printStatus(
  rebuild: ReadModelRebuild,
  { print }: CommandContext,
  json: boolean,
): Promise<void> {
  const states = await rebuild.state();
  if (json) printJsonLines(print, states.map(toJson));
  else for (const state of states) print(describe(state));
}

async function switchBack(rebuild: ReadModelRebuild, context: CommandContext): Promise<void> {
  const generation = await rebuild.kept();
  if (generation === undefined) throw new Error('There is no generation to go back to.');
  await catchUp(rebuild, context, generation);
  const before = await rebuild.activate(generation);
  context.print(`Generation ${generation} is active. Every instance switches over within 2 seconds.`);
  context.print(
    `Generation ${before} is still filled: rebuild user compares it and switches over again, --drop deletes it.`,
  );
}

async function dropOthers(rebuild: ReadModelRebuild, { print, note }: CommandContext): Promise<void> {
  const dropped = await rebuild.drop(() =>
    note('Waiting 10 seconds until every instance has stopped reading it.'),
  );
  if (dropped.length === 0) return print('There is no generation other than the active one.');
  for (const generation of dropped)
    print(`Generation ${generation} is removed, together with its positions on the log.`);
}

const ERASURES = 500;

/**
 * Confirms erasures on behalf of the user service, which could not confirm them while one generation of its
 * read model lagged behind. Must be called after the lagging generation was dropped.
 */
async function confirmWaiting(
  { store, bus }: Pick<OpenedSystem, 'store' | 'bus'>,
  context: CommandContext,
): Promise<void> {
  const { erasures } = openAuthOps(store);
  const waiting = readAllPages<ErasureRecord>((after) =>
    retryUntilReachable(context, 'the servers', () =>
      erasures.list({ limit: ERASURES, waiting: true, ...(after && { after }) }),
    ),
  );
  for await (const page of waiting) {
    const ours = page.filter((erasure) => findUnconfirmedConsumers(erasure).includes(ERASURE_RECEIPT_NAME));
    await retryUntilReachable(context, 'the servers', () => openUserOps(store).confirmErasures(ours, bus));
  }
}

const ROLES = { answers: 'active', next: 'next', kept: 'kept', leftover: 'leftover' } as const;

function toJson({ generation, role, since, read, records, parked }: GenerationProgress) {
  return { generation, role: ROLES[role], since, read, records, parked };
}

function describe(state: GenerationProgress): string {
  if (state.role === 'leftover')
    return `Generation ${state.generation} was dropped, but is still stored: --drop removes it.`;
  return `Generation ${state.generation} ${roleOf(state)}: ${formatNumber(state.read)} of ${formatCount(state.records, 'record')} read, ${formatCount(state.parked, 'account')} parked.`;
}

function roleOf({ role, since }: GenerationProgress): string {
  if (role === 'next') return 'is being filled, to become active next';
  if (role === 'kept') return 'is kept up to date, so that you can switch back to it';
  return since === undefined ? 'is active' : `has been active since ${since}`;
}
