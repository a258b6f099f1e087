/**
 * From one machine to a cluster: everything that a data folder holds goes into MongoDB, and its keys into an env
 * file. Auth publishes the moved commits once it starts there, and the read models fill from that.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openAuthMove } from '@latchkey/auth/moving';
import type { Secrets } from '@latchkey/auth/secrets';
import { checkIndexes } from '@latchkey/mongo';
import { openNotifierMove } from '@latchkey/notifier/moving';
import type { Movable } from '@latchkey/store';
import { type Command, type Context, UsageError } from './command.ts';
import { allIndexes } from './indexes.ts';
import { demandFreeOrSame, keysOf, writeEnvFile } from './keys.ts';
import { dataFolder, type Store, TAKES_LONG, withFolder, withMongo } from './stores.ts';

export const moveCommand: Command = {
  words: '[--env-file FILE]',
  does: 'move the data folder of a stopped server to MongoDB, and write its keys to a file',
  read(words) {
    const given = envFileOf(words);
    return async (context) => {
      const folder = dataFolder(context.environment);
      const envFile = resolve(given ?? join(folder, 'cluster.env'));
      await withFolder(context, 'exclusive', async (database) => {
        const keys = await keysOf(folder, context.environment);
        await demandFreeOrSame(envFile, keys);
        await withMongo(
          context,
          async (connection) => {
            await checkIndexes(connection, await allIndexes(connection), 'npm run ops -- indexes');
            await move({ database, connection }, keys, context);
          },
          TAKES_LONG,
        );
        await writeEnvFile(envFile, keys);
        context.say(`The keys for the services are in ${envFile}.`);
      });
    };
  },
};

function envFileOf(words: readonly string[]): string | undefined {
  try {
    return parseArgs({ args: [...words], options: { 'env-file': { type: 'string' } } }).values['env-file'];
  } catch {
    throw new UsageError('move takes --env-file FILE, and nothing else');
  }
}

type Stores = Extract<Store, { database: unknown }> & Extract<Store, { connection: unknown }>;

async function move(stores: Stores, keys: Secrets, context: Context): Promise<void> {
  const auth = openAuthMove({ ...stores, keys });
  const notifier = openNotifierMove(stores);
  // Deliveries before commits: whoever hears of a moved event finds its mail owed already, or sent.
  const kinds = [...notifier.kinds, ...auth.kinds];

  if ((await auth.begin()) === 'ended') {
    await verify(
      kinds.filter(({ lasting }) => lasting),
      context,
    );
    return context.say('This folder was moved before. Nothing was changed.');
  }
  for (const kind of kinds) await copy(kind, context);
  await verify(kinds, context);
  await demandSameStates(await notifier.census(), context);
  await auth.end();
}

const SAY_EVERY_MS = 2000;

async function copy(kind: Movable, { note }: Context): Promise<void> {
  const total = await kind.count();
  let done = 0;
  let said = performance.now();
  await kind.copy((more) => {
    done += more;
    if (performance.now() - said < SAY_EVERY_MS) return;
    said = performance.now();
    note(`${kind.name}: ${done} of ${total}`);
  });
}

/** Reads both sides again. @throws Error if anything is missing or differs */
async function verify(kinds: readonly Movable[], { say }: Context): Promise<void> {
  const incomplete: string[] = [];
  for (const kind of kinds) {
    const [total, held, arrived] = [await kind.count(), await kind.held(), await kind.arrived()];
    say(`${`${kind.name}:`.padEnd(12)} ${held} of ${total} are in MongoDB${beside(arrived - held)}`);
    if (held !== total) incomplete.push(kind.name);
  }
  if (incomplete.length > 0)
    throw new Error(`MongoDB lacks ${incomplete.join(', ')}, or has others. ${AND_NOW}`);
}

function beside(others: number): string {
  return others > 0 ? `, and ${others} besides` : '';
}

const AND_NOW =
  'If this folder has gone on since it was moved, empty the database, make its indexes and repeat; else it is not the one that was moved.';

type Census = Readonly<Record<string, number>>;

async function demandSameStates(
  { source, target }: { readonly source: Census; readonly target: Census },
  { say }: Context,
): Promise<void> {
  const states = Object.keys(source);
  const inWords = states.filter((state) => source[state]).map((state) => `${source[state]} ${state}`);
  say(`deliveries by state, here and there: ${inWords.join(', ') || 'none'}`);
  const differing = states.filter((state) => source[state] !== target[state]);
  if (differing.length > 0)
    throw new Error(`MongoDB has another number of deliveries ${differing.join(', ')}.`);
}
