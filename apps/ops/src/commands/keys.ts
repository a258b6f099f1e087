/** Lists keys, and replaces one with another. */
import { Argument } from '@commander-js/extra-typings';
import { openOps as openAuth } from '@latchkey/auth/ops';
import {
  addKey,
  type KeyKind,
  keyKinds,
  keysIn,
  promoteKey,
  removeKey,
  type StoredSecrets,
  settingOf,
} from '@latchkey/auth/secrets';
import type { Store } from '@latchkey/backend';
import { readConfig, setting } from '@latchkey/process';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { type KeyReport, reportOnKeys } from '../key-report.ts';
import { type KeySource, openKeySource } from '../key-source.ts';
import { printPage } from '../output/listing.ts';
import { examples, JSON_LINES, type Program } from '../program.ts';
import { withStore } from '../stores.ts';

const FOLDER = 'the folder of `ops secrets` that has the keys. Default: the settings, or the data folder';
const SHOW = 'print the settings, which are secret';
const RESTART = 'Restart all processes of auth, notifier and user.';
/** If ACCESS_TOKEN_MINUTES is not set, the longest life that access tokens can have. */
const tokenSettings = z.object({ ACCESS_TOKEN_MINUTES: setting.whole({ min: 1, max: 60, fallback: 60 }) });
const MAX_KEYS = 1000;

interface Options {
  readonly folder?: string | undefined;
  readonly show?: true | undefined;
}

export function addKeys(program: Program, context: Context): void {
  const keys = program
    .command('keys')
    .description('list keys, rotate them, and retire those that nothing needs any more')
    .addHelpText('after', examples('keys list', 'keys rotate refresh', 'keys retire refresh first'));

  keys
    .command('list')
    .description(
      'list keys, and the cost of password hashes, with what still needs each; reads the whole journal',
    )
    .option('--folder <folder>', FOLDER)
    .option('--json', JSON_LINES)
    .addHelpText('after', examples('keys list', 'keys list --folder /srv/latchkey/secrets --json'))
    .action(({ folder, json = false }) =>
      withKeys(context, folder, async ({ secrets }, store) => {
        const reports = await reportsOn(store, secrets, context);
        await printPage<KeyReport>(context, {
          limit: MAX_KEYS,
          load: async () => reports,
          nameOf: ({ id }) => id,
          json,
          toJson: (report) => [toJson(report)],
          columns: ['kind', 'id', 'state', 'since', 'may be retired'],
          toRows: (report) => [toRow(report)],
          empty: 'There are no keys.',
        });
      }),
    );

  keys
    .command('rotate')
    .description('make a new key; the former one is accepted until it is retired')
    .addArgument(new Argument('<kind>', 'which key').choices(keyKinds))
    .option(
      '--next',
      'only accept the new key: for several processes, which must all know it before one uses it',
    )
    .option('--promote', 'use the key that was made with --next')
    .option('--folder <folder>', FOLDER)
    .option('--show', SHOW)
    .addHelpText(
      'after',
      examples(
        'keys rotate salt',
        'keys rotate refresh --next --folder /srv/latchkey/secrets',
        'keys rotate signing --show',
      ),
    )
    .action((kind, { next = false, promote = false, ...options }) =>
      withKeys(context, options.folder, async (source, store) => {
        if (next && promote) throw new Error('give either --next or --promote');
        if (promote) await assertNext(kind, source.secrets, store);
        const { id, changes } = promote
          ? promoteKey(kind, source.secrets)
          : addKey(kind, source.secrets, next ? 'next' : 'current');
        await apply(source, changes, options, context);
        context.print(
          next
            ? `${kind}: made ${id}, which is accepted from the next start on. ${RESTART} Then: keys rotate ${kind} --promote`
            : `${kind}: ${id} is used from the next start on; the former key is still accepted. ${RESTART}`,
        );
      }),
    );

  keys
    .command('retire')
    .description('take a key away; refuses while something needs it')
    .addArgument(new Argument('<kind>', 'which key').choices([...keyKinds, 'cost'] as const))
    .argument('<id>', 'the id of the key, or the cost, as `keys list` prints it')
    .option('--folder <folder>', FOLDER)
    .option('--show', SHOW)
    .option('--force', 'also if something needs it, because it was stolen: what needs it stops working')
    .addHelpText('after', examples('keys retire refresh first', 'keys retire cost 19456:2'))
    .action((kind, id, { force = false, ...options }) =>
      withKeys(context, options.folder, async (source, store) => {
        const reports = await reportsOn(store, source.secrets, context);
        const report = reports.find((each) => each.kind === kind && each.id === id);
        if (report === undefined) throw new Error(`there is no ${kind} ${id}: see \`keys list\``);
        assertRetirable(report, force);
        const changes = kind === 'cost' ? undefined : removeKey(kind, source.secrets, id);
        if (changes !== undefined) assertWritable(source, options);
        // Forgotten before the key is removed: as long as the store remembers it, a process that starts without it
        // is refused.
        await openAuth(store).keys.forget(report.remembered.setting, report.remembered.key);
        if (changes !== undefined) await apply(source, changes, options, context);
        context.print(
          kind === 'cost'
            ? `cost: ${id} may be taken out of HASH_COSTS.`
            : `${kind}: retired ${id}, which is refused from the next start on. ${RESTART}`,
        );
      }),
    );
}

function withKeys(
  context: Context,
  folder: string | undefined,
  work: (source: KeySource, store: Store) => Promise<void>,
): Promise<void> {
  return withStore(context, async (store) => work(await openKeySource(folder, context.environment), store));
}

function reportsOn(
  store: Store,
  secrets: StoredSecrets,
  { environment }: Context,
): Promise<readonly KeyReport[]> {
  const { ACCESS_TOKEN_MINUTES } = readConfig(tokenSettings, environment);
  return reportOnKeys(store, secrets, { now: new Date(), accessTokenMinutes: ACCESS_TOKEN_MINUTES });
}

/** @throws Error of one line if the second key was the current one before, so that it is a former key */
async function assertNext(kind: KeyKind, secrets: StoredSecrets, store: Store): Promise<void> {
  const [, next] = keysIn(kind, secrets);
  const uses = await openAuth(store).keys.list();
  const isFormer = Object.values(uses)
    .flat()
    .some(({ key, since }) => key === next?.remembered && since !== undefined);
  if (isFormer) throw new Error(`${settingOf[kind]} has no next key: make one with --next`);
}

/** @throws Error of one line that says what still needs the key */
function assertRetirable({ id, state, needs }: KeyReport, force: boolean): void {
  if (state === 'current') throw new Error(`${id} is in use: rotate first`);
  if (state === 'public')
    throw new Error(`${id} is retired: only its public part is left, for events that it signed`);
  if (needs.length > 0 && !force)
    throw new Error(`${id} is still needed: ${needs.join('; ')}. --force retires it nevertheless`);
}

/** @throws Error of one line if the keys can be neither written nor shown */
function assertWritable({ name, write }: KeySource, { show }: Options): void {
  if (write === undefined && show === undefined)
    throw new Error(`the keys are in ${name}, which a command cannot change: --show prints the new ones`);
}

async function apply(
  source: KeySource,
  changes: Partial<StoredSecrets>,
  options: Options,
  { print }: Context,
): Promise<void> {
  assertWritable(source, options);
  if (source.write !== undefined) {
    await source.write(changes);
    print(`${source.name}: changed ${Object.keys(changes).join(', ')}.`);
  }
  if (options.show) for (const [name, text] of Object.entries(changes)) print(`${name}='${text}'`);
}

function toRow({ kind, id, state, since, needs }: KeyReport): readonly string[] {
  return [
    kind,
    id,
    state,
    since?.toISOString() ?? '',
    needs.length === 0 ? 'yes' : `no: ${needs.join('; ')}`,
  ];
}

function toJson({ kind, id, state, since, needs }: KeyReport) {
  return { kind, id, state, since, mayBeRetired: needs.length === 0, needs };
}
