/**
 * Moves a data folder to MongoDB, and its keys to an env file. Auth publishes the moved commits once it starts there,
 * and the read models are filled from them.
 */
import { join, resolve } from 'node:path';
import { openAuthMove } from '@latchkey/auth/moving';
import type { Secrets } from '@latchkey/auth/secrets';
import { checkIndexes } from '@latchkey/mongo';
import { openNotifierMove } from '@latchkey/notifier/moving';
import type { Movable } from '@latchkey/store';
import type { Context } from '../context.ts';
import { assertFreeOrSame, keysOf, writeEnvFile } from '../keys.ts';
import { counted } from '../output/progress.ts';
import { examples, type Program } from '../program.ts';
import { dataFolder, type Store, TAKES_LONG, withFolder, withMongo } from '../stores.ts';
import { allIndexes } from './indexes.ts';

export function addMove(program: Program, context: Context): void {
  program
    .command('move')
    .description('move the data folder of a stopped standalone to MongoDB, and its keys to a file')
    .option('--env-file <file>', 'where to write the keys (default: cluster.env in the data folder)')
    .addHelpText('after', examples('move', 'move --env-file /srv/latchkey/cluster.env'))
    .action(({ envFile }) => {
      const folder = dataFolder(context.environment);
      return moveFolder(folder, resolve(envFile ?? join(folder, 'cluster.env')), context);
    });
}

async function moveFolder(folder: string, envFile: string, context: Context): Promise<void> {
  await withFolder(context, 'exclusive', async (database) => {
    const keys = await keysOf(folder, context.environment);
    await assertFreeOrSame(envFile, keys);
    await withMongo(
      context,
      async (connection) => {
        await checkIndexes(connection, await allIndexes(connection), 'npm run ops -- indexes');
        await move({ database, connection }, keys, context);
      },
      TAKES_LONG,
    );
    await writeEnvFile(envFile, keys);
    context.print(`The keys for the services are in ${envFile}.`);
  });
}

type Stores = Extract<Store, { database: unknown }> & Extract<Store, { connection: unknown }>;

async function move(stores: Stores, keys: Secrets, context: Context): Promise<void> {
  const auth = openAuthMove({ ...stores, keys });
  const notifier = openNotifierMove(stores);
  // Deliveries before commits, so that no mail is sent again for an event that is published from MongoDB.
  const kinds = [...notifier.kinds, ...auth.kinds];

  if ((await auth.begin()) === 'ended') {
    await verify(
      kinds.filter(({ lasting }) => lasting),
      context,
    );
    return context.print('This folder was moved before. Nothing was changed.');
  }
  for (const kind of kinds) await copy(kind, context);
  await verify(kinds, context);
  await assertSameStates(await notifier.census(), context);
  await auth.end();
}

const REPORT_EVERY_MS = 2000;

async function copy(kind: Movable, { note }: Context): Promise<void> {
  const total = await kind.count();
  let done = 0;
  let reportedAt = performance.now();
  await kind.copy((more) => {
    done += more;
    if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    note(`${kind.name}: ${done} of ${total}`);
  });
}

/** Compares both stores. @throws Error if anything is missing or differs */
async function verify(kinds: readonly Movable[], { print }: Context): Promise<void> {
  const incomplete: string[] = [];
  for (const kind of kinds) {
    const [total, held, arrived] = [await kind.count(), await kind.held(), await kind.arrived()];
    print(`${`${kind.name}:`.padEnd(12)} ${held} of ${total} are in MongoDB${othersIn(arrived - held)}`);
    if (held !== total) incomplete.push(kind.name);
  }
  if (incomplete.length > 0)
    throw new Error(`MongoDB lacks ${incomplete.join(', ')}, or has different ones. ${ADVICE}`);
}

function othersIn(others: number): string {
  return others > 0 ? `, and ${counted(others, 'other')}` : '';
}

const ADVICE =
  'If this folder has been used since it was moved, empty the database, create its indexes and repeat; otherwise it is not the folder that was moved.';

type Census = Readonly<Record<string, number>>;

async function assertSameStates(
  { source, target }: { readonly source: Census; readonly target: Census },
  { print }: Context,
): Promise<void> {
  const states = Object.keys(source);
  const counts = states.filter((state) => source[state]).map((state) => `${source[state]} ${state}`);
  print(`deliveries by state, in both: ${counts.join(', ') || 'none'}`);
  const differing = states.filter((state) => source[state] !== target[state]);
  if (differing.length > 0)
    throw new Error(`MongoDB has a different number of deliveries that are ${differing.join(' or ')}.`);
}
