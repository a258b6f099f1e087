/**
 * Moves a data folder to MongoDB, and its keys to an env file. Auth publishes the events of the moved commits once it
 * starts on MongoDB, and the read models are filled from these events.
 */
import { join, resolve } from 'node:path';
import { openAuthOps, prepareAuthDataMove } from '@latchkey/auth/ops';
import type { Secrets } from '@latchkey/auth/secrets';
import {
  readEmbeddedStoreConfig,
  readServerStoreConfig,
  type Store,
  topicNameSettings,
} from '@latchkey/backend';
import { type Bus, withTopicNames } from '@latchkey/bus';
import { openServiceClients } from '@latchkey/clients';
import { prepareNotifierDataMove } from '@latchkey/notifier/ops';
import { readConfig } from '@latchkey/process';
import { createRecordMove, type RecordMove } from '@latchkey/store';
import { createWebhookDataMoves, findOutdatedSecrets, openWebhookStorage } from '@latchkey/webhooks';
import type { CommandContext } from '../context.ts';
import {
  assertFileContainsOnlyKeys,
  createWebhookSecretSealerFromKey,
  readKeysOfDataFolder,
  writeKeysToEnvFile,
} from '../keys.ts';
import { withEmbeddedLog } from '../log.ts';
import { formatCount } from '../output/progress.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { listStoreSchemas } from '../schema.ts';
import { getDataFolder, withOpenedStore } from '../stores.ts';

export function addMoveCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('move')
    .description('move the data folder of a stopped standalone to MongoDB, and its keys to a file')
    .option('--env-file <file>', 'where to write the keys (default: cluster.env in the data folder)')
    .addHelpText('after', formatExamples('move', 'move --env-file /srv/latchkey/cluster.env'))
    .action(({ envFile }) => {
      const folder = getDataFolder(context.environment);
      return moveFolder(folder, resolve(envFile ?? join(folder, 'cluster.env')), context);
    });
}

async function moveFolder(folder: string, envFile: string, context: CommandContext): Promise<void> {
  const config = readEmbeddedStoreConfig(context.environment);
  const { TOPIC_NAMES } = readConfig(topicNameSettings, context.environment);
  const target = readServerStoreConfig(context.environment);
  await withOpenedStore(
    context,
    async (from) => {
      const keys = await readKeysOfDataFolder(folder, context.environment);
      await assertFileContainsOnlyKeys(envFile, keys);
      await withEmbeddedLog(from, (log) => {
        const bus = withTopicNames(log.bus, TOPIC_NAMES);
        return withOpenedStore(context, (to) => moveStore({ from, bus, to, keys }, context), {
          config: target,
          isLongRunning: true,
        });
      });
      await writeKeysToEnvFile(envFile, keys);
      context.print(`The keys for the services are in ${envFile}.`);
    },
    { config, as: 'exclusive' },
  );
}

interface Move {
  readonly from: Store;
  /** The embedded log in the data folder from which the data is moved. */
  readonly bus: Pick<Bus, 'tail'>;
  readonly to: Store;
  readonly keys: Secrets;
}

async function moveStore(move: Move, context: CommandContext): Promise<void> {
  const { from, to, keys } = move;
  for (const schema of listStoreSchemas(to)) await schema.check();
  await findOutdatedSecrets(
    openWebhookStorage(from).endpoints,
    createWebhookSecretSealerFromKey(keys.WEBHOOK_SECRET_KEY),
  );
  const auth = prepareAuthDataMove(from, to, keys);
  const notifier = prepareNotifierDataMove(from, to);
  // Move deliveries before commits. Once the commits are moved, auth may publish their events again. If the
  // notifier already has the deliveries of these events, it does not send their mails a second time.
  const kinds = [...clientsIn(from, to), ...webhooksIn(move), ...notifier.kinds, ...auth.kinds];

  if ((await auth.begin()) === 'ended') {
    await verify(
      kinds.filter(({ lasting }) => lasting),
      ADVICE_ONCE_MOVED,
      context,
    );
    return context.print('This folder was moved before. Nothing was changed.');
  }
  for (const { id, delivery } of await openWebhookStorage(from).endpoints.list())
    if (delivery.redrive)
      context.note(`${id}: redrives do not move. Redrive again once the user service has read the new log.`);
  for (const kind of kinds) await copy(kind, context);
  await verify(kinds, ADVICE, context);
  await assertSameStates(await notifier.census(), context);
  await auth.end();
}

/**
 * Returns the steps that move service clients.
 * @throws Error with a one-line message if service clients cannot be moved between these two kinds of stores
 */
function clientsIn(from: Store, to: Store): readonly RecordMove[] {
  const [{ source }, { target }] = [openServiceClients(from), openServiceClients(to)];
  if (source === undefined || target === undefined) throw notMovable(from, to);
  return [createRecordMove({ name: 'clients', lasting: false }, source, target)];
}

/**
 * Returns the steps that move webhooks.
 * @throws Error with a one-line message if webhooks cannot be moved between these two kinds of stores
 */
function webhooksIn({ from, bus, to }: Move): readonly RecordMove[] {
  const { journal } = openAuthOps(from);
  const kinds = createWebhookDataMoves({
    from: openWebhookStorage(from),
    to: openWebhookStorage(to),
    bus,
    async *published() {
      for await (const streams of journal.streams())
        yield streams.map(({ id, events }) => ({
          account: id,
          sequence: events.findLast(({ published }) => published)?.event.sequence ?? 0,
        }));
    },
  });
  if (kinds === undefined) throw notMovable(from, to);
  return kinds;
}

function notMovable(from: Store, to: Store): Error {
  return new Error(`STORE: records cannot be moved from ${from.kind} to ${to.kind}`);
}

const REPORT_EVERY_MS = 2000;

async function copy(kind: RecordMove, { note }: CommandContext): Promise<void> {
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

/**
 * Checks that every record of the data folder is in the new store.
 * @param advice what to do about a difference; appended to the error message
 * @throws Error if a record is missing from the new store or differs there
 */
async function verify(
  kinds: readonly RecordMove[],
  advice: string,
  { print }: CommandContext,
): Promise<void> {
  const incomplete: string[] = [];
  for (const kind of kinds) {
    const [total, held, arrived] = [await kind.count(), await kind.held(), await kind.arrived()];
    print(
      `${`${kind.name}:`.padEnd(12)} ${held} of ${total} are in the new store${othersIn(arrived - held)}`,
    );
    if (held !== total) incomplete.push(kind.name);
  }
  if (incomplete.length > 0)
    throw new Error(`The new store lacks ${incomplete.join(', ')}, or has different ones. ${advice}`);
}

function othersIn(others: number): string {
  return others > 0 ? `, and ${formatCount(others, 'other')}` : '';
}

const ADVICE =
  'If this folder has been used since its move began, empty the database, create its indexes and repeat; otherwise it is not the folder that was moved.';

const ADVICE_ONCE_MOVED =
  'The move of this database has ended, so do not empty it: it may have later data of the cluster. If this folder has been used since it was moved, its later data cannot be moved; otherwise it is not the folder that was moved.';

type Census = Readonly<Record<string, number>>;

async function assertSameStates(
  { source, target }: { readonly source: Census; readonly target: Census },
  { print }: CommandContext,
): Promise<void> {
  const states = Object.keys(source);
  const counts = states.filter((state) => source[state]).map((state) => `${source[state]} ${state}`);
  print(`deliveries by state, in both: ${counts.join(', ') || 'none'}`);
  const differing = states.filter((state) => source[state] !== target[state]);
  if (differing.length > 0)
    throw new Error(`The new store has a different number of deliveries that are ${differing.join(' or ')}.`);
}
