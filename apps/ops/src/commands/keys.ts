/** Lists, rotates and retires the secret keys of a system. */
import { Argument, Option } from '@commander-js/extra-typings';
import { auditSettingsSchema, openAuthOps } from '@latchkey/auth/ops';
import {
  addKey,
  getDkimKeyPem,
  type KeyKind,
  keyKinds,
  keySettingNames,
  listKeys,
  promoteKey,
  removeKey,
  type StoredSecrets,
  signingAlgorithms,
  UNNAMED_KEY_ID,
} from '@latchkey/auth/secrets';
import type { Store } from '@latchkey/backend';
import { openNotifierOps } from '@latchkey/notifier/ops';
import { commonSettingSchemas, readConfig } from '@latchkey/process';
import type { KeyFingerprintStore } from '@latchkey/store';
import { openWebhookStorage } from '@latchkey/webhooks';
import { z } from 'zod';
import type { CommandContext } from '../context.ts';
import { createKeyReports, type KeyReport } from '../key-report.ts';
import { openSecretsSource, type SecretsSource } from '../key-source.ts';
import { printListingPage } from '../output/listing.ts';
import { formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';
import { DKIM_DOMAIN_HELP, formatDkimDnsRecord, resolveDkimDomain } from './mail-dkim.ts';

const FOLDER = 'the folder of `ops secrets` that has the keys. Default: the settings, or the data folder';
const SHOW = 'print the settings, which are secret';
const RESTART = 'Restart all processes of auth, notifier and user.';
const lifetimeSettings = z.object({
  /** The lifetime of access tokens, in minutes. If unset, the longest allowed lifetime is assumed. */
  ACCESS_TOKEN_MINUTES: commonSettingSchemas.whole({ min: 1, max: 60, fallback: 60 }),
  ...auditSettingsSchema.pick({ AUDIT_RETENTION_DAYS: true }).shape,
});
const MAX_KEYS = 1000;

interface Options {
  readonly folder?: string | undefined;
  readonly show?: true | undefined;
  readonly domain?: string | undefined;
}

export function addKeysCommand(program: OpsProgram, context: CommandContext): void {
  const keys = program
    .command('keys')
    .description('list keys, rotate them, and retire those that nothing needs any more')
    .addHelpText('after', formatExamples('keys list', 'keys rotate refresh', 'keys retire refresh first'));

  keys
    .command('list')
    .description(
      'list keys, and the cost of password hashes, with what still needs each; reads the whole journal',
    )
    .option('--folder <folder>', FOLDER)
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('keys list', 'keys list --folder /srv/latchkey/secrets --json'))
    .action(({ folder, json = false }) =>
      withKeys(context, folder, async ({ secrets }, store) => {
        const reports = await reportsOn(store, secrets, context);
        await printListingPage<KeyReport>(context, {
          limit: MAX_KEYS,
          load: async () => reports,
          nameOf: ({ id }) => id,
          json,
          toJson: (report) => [toJson(report)],
          columns: ['kind', 'id', 'algorithm', 'state', 'since', 'may be retired'],
          toRows: (report) => [toRow(report)],
          empty: 'There are no keys.',
        });
      }),
    );

  keys
    .command('rotate')
    .description('create a new key; the former one is accepted until it is retired')
    .addArgument(new Argument('<kind>', 'which key').choices(keyKinds))
    .option(
      '--next',
      'only accept the new key: for several processes, which must all know it before one uses it',
    )
    .option('--promote', 'use the key that was made with --next')
    .addOption(
      new Option(
        '--algorithm <algorithm>',
        'for signing: how the new key signs access tokens. Default: as the current key',
      ).choices(signingAlgorithms),
    )
    .option('--domain <domain>', `for dkim: ${DKIM_DOMAIN_HELP}`)
    .option('--folder <folder>', FOLDER)
    .option('--show', SHOW)
    .addHelpText(
      'after',
      formatExamples(
        'keys rotate salt',
        'keys rotate refresh --next --folder /srv/latchkey/secrets',
        'keys rotate signing --algorithm RS256 --show',
        'keys rotate dkim --next --domain example.com',
      ),
    )
    .action((kind, { next = false, promote = false, algorithm, ...options }) =>
      withKeys(context, options.folder, async (source, store) => {
        if (next && promote) throw new Error('give either --next or --promote');
        if (algorithm !== undefined && kind !== 'signing')
          throw new Error('--algorithm is only for the kind signing');
        if (algorithm !== undefined && promote)
          throw new Error('give --algorithm when the key is made, with --next');
        if (promote) await assertNext(kind, source.secrets, store);
        const domain = kind === 'dkim' ? resolveDkimDomain(options.domain, context.environment) : undefined;
        const { id, changes } = promote
          ? promoteKey(kind, source.secrets)
          : addKey(kind, source.secrets, next ? 'next' : 'current', algorithm);
        await apply(source, changes, options, context);
        if (!next && !promote && store.file === undefined) context.note(severalProcessesWarning(kind));
        if (domain !== undefined) {
          const privateKey = getDkimKeyPem({ ...source.secrets, ...changes }, id);
          context.print(formatDkimDnsRecord({ domain, selector: id, privateKey }));
          context.print('Publish this record, and wait until it can be looked up, before the key is used.');
        }
        context.print(
          next
            ? `${kind}: made ${id}, which is accepted from the next start on. ${RESTART} Then: keys rotate ${kind} --promote`
            : `${kind}: ${id} is used from the next start on; the former key is still accepted. ${RESTART}`,
        );
      }),
    );

  keys
    .command('retire')
    .description('remove a former key; refused while something needs it')
    .addArgument(new Argument('<kind>', 'which key').choices([...keyKinds, 'cost'] as const))
    .argument('<id>', 'the id of the key, or the cost, as `keys list` prints it')
    .option('--folder <folder>', FOLDER)
    .option('--show', SHOW)
    .option(
      '--force',
      'retire the key although something needs it, for example because it was stolen; whatever needs the key stops working',
    )
    .addHelpText('after', formatExamples('keys retire refresh first', 'keys retire cost 19456:2'))
    .action((kind, id, { force = false, ...options }) =>
      withKeys(context, options.folder, async (source, store) => {
        const reports = await reportsOn(store, source.secrets, context);
        const report = reports.find((each) => each.kind === kind && each.id === id);
        if (report === undefined) throw new Error(`there is no ${kind} ${id}: see \`keys list\``);
        assertRetirable(report, force);
        const changes = kind === 'cost' ? undefined : removeKey(kind, source.secrets, id);
        if (changes !== undefined) assertWritable(source, changes, options);
        // Delete the store's record of the key before the key is removed from the settings. If the key were
        // removed from the settings first, a process that starts before its record is deleted would refuse
        // to run.
        await forget(store, report);
        if (changes !== undefined) await apply(source, changes, options, context);
        context.print(
          kind === 'cost'
            ? `cost: ${id} may be taken out of HASH_COSTS.`
            : `${kind}: retired ${id}, which is refused from the next start on. ${RESTART}`,
        );
        if (kind === 'dkim') context.print(`Remove the DNS record of ${selectorOf(id)} below _domainkey.`);
      }),
    );
}

function withKeys(
  context: CommandContext,
  folder: string | undefined,
  work: (source: SecretsSource, store: Store) => Promise<void>,
): Promise<void> {
  return withOpenedStore(context, async (store) =>
    work(await openSecretsSource(folder, context.environment), store),
  );
}

function reportsOn(
  store: Store,
  secrets: StoredSecrets,
  { environment }: CommandContext,
): Promise<readonly KeyReport[]> {
  const { ACCESS_TOKEN_MINUTES, AUDIT_RETENTION_DAYS } = readConfig(lifetimeSettings, environment);
  return createKeyReports(store, secrets, {
    now: new Date(),
    accessTokenMinutes: ACCESS_TOKEN_MINUTES,
    auditDays: AUDIT_RETENTION_DAYS,
  });
}

/** Returns a warning that processes which have not been restarted yet do not know the new key. */
function severalProcessesWarning(kind: KeyKind): string {
  return `If several processes run: until all of them are restarted, a process that does not know the new key refuses what another one makes with it. Restart all of them within 5 minutes, or use keys rotate ${kind} --next and then --promote.`;
}

/**
 * Returns the DNS selector of a DKIM key, for messages. The selector of a key with a name is its name. The
 * selector of a key without a name is the value of MAIL_DKIM_SELECTOR, so the message names that setting.
 */
function selectorOf(id: string): string {
  return id === UNNAMED_KEY_ID ? 'MAIL_DKIM_SELECTOR' : id;
}

/** Returns access to the fingerprints of keys in the store of the service that uses keys of this kind. */
function storedKeys(store: Store, kind: KeyReport['kind']): Pick<KeyFingerprintStore, 'list' | 'forget'> {
  if (kind === 'webhooks') return openWebhookStorage(store).keyFingerprints;
  return kind === 'bounces' || kind === 'dkim' ? openNotifierOps(store).keys : openAuthOps(store).keys;
}

/**
 * Deletes the fingerprint of a key from the store, so that processes may start without this key.
 * @throws Error with a one-line message if a process has started with different keys since the report was
 * created
 */
async function forget(store: Store, { kind, remembered: { setting, key, uses } }: KeyReport): Promise<void> {
  if (!(await storedKeys(store, kind).forget(setting, key, uses)))
    throw new Error(
      `a process has just started with other keys of ${setting}: see \`keys list\`, then try again`,
    );
}

/**
 * Asserts that the next key can become the current key.
 * @throws Error with a one-line message if the next key is a former key, which must never become the current
 * key again
 */
async function assertNext(kind: KeyKind, secrets: StoredSecrets, store: Store): Promise<void> {
  const [, next] = listKeys(kind, secrets);
  const uses = await storedKeys(store, kind).list();
  const isFormer = Object.values(uses)
    .flat()
    .some(({ key, since }) => key === next?.remembered && since !== undefined);
  if (isFormer) throw new Error(`${keySettingNames[kind]} has no next key: make one with --next`);
}

/** Asserts that a key can be retired. @throws Error with a one-line message that names what still needs the key */
function assertRetirable({ id, state, needs, canBeForced }: KeyReport, force: boolean): void {
  if (state === 'current') throw new Error(`${id} is in use: rotate first`);
  if (state === 'public')
    throw new Error(`${id} is retired: only its public part is left, for events that it signed`);
  if (needs.length === 0 || (force && canBeForced)) return;
  const advice = canBeForced
    ? '--force retires it nevertheless'
    : 'Restart the user service, which encrypts them with the current key';
  throw new Error(`${id} is still needed: ${needs.join('; ')}. ${advice}`);
}

/**
 * Asserts that changed keys will not be lost: they can be written to files, or the operator has given
 * `--show` to print them.
 * @throws Error with a one-line message if the keys can neither be written nor printed
 */
function assertWritable(source: SecretsSource, changes: Partial<StoredSecrets>, { show }: Options): void {
  if (!isWritable(source, changes) && show === undefined)
    throw new Error(
      'the keys are in the settings, which a command cannot change: --show prints the new ones',
    );
}

function isWritable({ write, inSettings }: SecretsSource, changes: Partial<StoredSecrets>): boolean {
  return write !== undefined && !Object.keys(changes).some((name) => inSettings.includes(name));
}

async function apply(
  source: SecretsSource,
  changes: Partial<StoredSecrets>,
  options: Options,
  { print }: CommandContext,
): Promise<void> {
  assertWritable(source, changes, options);
  if (isWritable(source, changes)) {
    await source.write?.(changes);
    print(`${source.name}: changed ${Object.keys(changes).join(', ')}.`);
  }
  if (options.show) for (const [name, text] of Object.entries(changes)) print(`${name}='${text}'`);
}

function toRow({ kind, id, algorithm, state, since, needs }: KeyReport): readonly string[] {
  return [
    kind,
    id,
    algorithm ?? '',
    state,
    since?.toISOString() ?? '',
    needs.length === 0 ? 'yes' : `no: ${needs.join('; ')}`,
  ];
}

function toJson({ kind, id, algorithm, state, since, needs }: KeyReport) {
  return { kind, id, algorithm, state, since, mayBeRetired: needs.length === 0, needs };
}
