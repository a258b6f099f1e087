import type { Store } from '@latchkey/backend';
import type { StorageRequirement } from '@latchkey/store';
import type { CommandContext } from '../context.ts';
import { printJsonLines } from '../output/listing.ts';
import { formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import { listStoreSchemas } from '../schema.ts';
import { withOpenedStore } from '../stores.ts';

/**
 * Adds the command that prepares the store for this version: it migrates the data and creates missing indexes. The
 * command fails if an existing index differs from the required one.
 */
export function addIndexesCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('indexes')
    .description('create the indexes that are missing, migrate the stored data and check the rest')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('indexes', 'indexes --json'))
    .action(({ json = false }) =>
      withOpenedStore(context, (store) => prepareStore(store, context, json), { isLongRunning: true }),
    );
}

async function prepareStore(store: Store, { print, note }: CommandContext, json: boolean): Promise<void> {
  let required = 0;
  for (const schema of listStoreSchemas(store)) {
    const outcomes: { readonly index: string; readonly created: boolean }[] = [];
    for (const requirement of await schema.requirements()) {
      required += 1;
      const outcome = await reportingWaits(requirement, note);
      outcomes.push({ index: requirement.name, created: outcome === 'created' });
    }
    await schema.check();
    if (json) printJsonLines(print, outcomes);
    else
      for (const { index, created } of outcomes) print(`${index}: ${created ? 'created' : 'exists already'}`);
  }
  if (required === 0) note('nothing to create: a data folder has no indexes of its own');
}

const REPORT_EVERY_MS = 10_000;

async function reportingWaits({ name, prepare }: StorageRequirement, note: CommandContext['note']) {
  let seconds = 0;
  const timer = setInterval(() => {
    seconds += REPORT_EVERY_MS / 1000;
    note(`${name} is still being created, after ${seconds} seconds.`);
  }, REPORT_EVERY_MS);
  try {
    return await prepare();
  } finally {
    clearInterval(timer);
  }
}
