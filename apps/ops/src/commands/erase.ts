import { erasureSettingsSchema, isAccountId, openAuthOps, parseEmail } from '@latchkey/auth/ops';
import { topicNameSettings } from '@latchkey/backend';
import { allTopics } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import {
  countTracesInFiles,
  countTracesInLog,
  countTracesInStore,
  type PersonalDataTraceCount,
} from '../erasure-check/find-traces.ts';
import {
  createAccountTracePredicate,
  createAddressTracePredicate,
  type PersonalDataTracePredicate,
} from '../erasure-check/traces.ts';
import { formatAdviceOnRewritingFile } from '../erasures/file.ts';
import { findFormerTopics, isTopicOrItsDeadLetterTopic } from '../erasures/former-topics.ts';
import { readSecretOfDataFolder } from '../keys.ts';
import { printJsonLines } from '../output/listing.ts';
import { createFormerTopicsOption, formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import { getDataFolder, withOpenedStore } from '../stores.ts';
import { withOpenedSystem } from '../system.ts';

const FOUND = 1;

/**
 * Adds the command that requests the erasure of an account. The command only appends the request to the journal; a
 * running auth service erases the account once the grace period has ended.
 */
export function addEraseCommand(program: OpsProgram, context: CommandContext): void {
  const command = program
    .command('erase')
    .description('disable an account, and erase it after ERASURE_GRACE_DAYS; or look for what is left of one')
    .argument('<account>', 'id of an account, or address of a verified one; with --check any address')
    .option('--now', 'erase the account immediately: no mail is sent, and the erasure cannot be undone')
    .option(
      '--check',
      'erase nothing: look through every store and topic; the exit code is 1 if anything is found',
    )
    .addOption(createFormerTopicsOption())
    .option('--json', `with --check: ${JSON_OPTION_HELP}`)
    .addHelpText(
      'after',
      formatExamples(
        'erase ada@example.com',
        'erase ada@example.com --now',
        'erase --check ada@example.com',
        'erase --check ada@example.com --topics accounts.events.v1',
      ),
    )
    .action((account, { now, check, topics, json = false }) => {
      if (check && now) command.error('--check and --now exclude each other');
      if (json && !check) command.error('--json requires --check');
      if (topics.length > 0 && !check) command.error('--topics requires --check');
      return check ? checkErased(context, account, { topics, json }) : erase(context, account, now ?? false);
    });
}

function erase(context: CommandContext, account: string, now: boolean): Promise<void> {
  return withOpenedStore(context, async (store) => {
    const { environment } = context;
    const graceDays = now ? 0 : readConfig(erasureSettingsSchema, environment).ERASURE_GRACE_DAYS;
    const sealingKey = await readSecretOfDataFolder(
      'SEALING_PUBLIC_KEY',
      getDataFolder(environment),
      environment,
    );
    const eraseAt = await openAuthOps(store).requestErasure(account, { graceDays, sealingKey });
    context.print(`${account} is disabled, and will be erased at ${eraseAt}.`);
  });
}

/**
 * Searches for traces of a person.
 * @param account the id or the email address of an account
 * @param topics former topics of the system
 * @throws Error with a one-line message if `account` is neither an id nor an email address
 */
async function checkErased(
  context: CommandContext,
  account: string,
  { topics, json }: { readonly topics: readonly string[]; readonly json: boolean },
): Promise<void> {
  const address = parseEmail(account)?.canonical;
  if (address === undefined && !isAccountId(account))
    throw new Error(`${account} is neither the id of an account nor an email address`);
  const isTrace: PersonalDataTracePredicate =
    address === undefined ? createAccountTracePredicate(account) : createAddressTracePredicate(address);
  const { TOPIC_NAMES } = readConfig(topicNameSettings, context.environment);
  await withOpenedSystem(context, async ({ store, log, nameOf }) => {
    const all = await log.reader.topics();
    const former = findFormerTopics(all, TOPIC_NAMES, topics);
    if (former.missing.length > 0)
      throw new Error(
        `--topics: ${former.missing.join(', ')} does not exist, or this user has no right to see it`,
      );
    const current = allTopics().map(({ name }) => nameOf(name));
    // On Kafka, a topic is hidden if the user has no right to list it. The embedded log has no rights, so
    // it lists every topic.
    const hidden = log.kind === 'embedded' ? [] : current.filter((name) => !all.includes(name));
    const searched = [...all.filter((topic) => isTopicOrItsDeadLetterTopic(topic, current)), ...former.named];
    const hits = [
      ...(await countTracesInStore(store, isTrace)),
      ...(await countTracesInLog(log.reader, searched, isTrace)),
      ...(store.file !== undefined && address !== undefined
        ? await countTracesInFiles(store.file.folder, address)
        : []),
    ];
    if (json) printJsonLines(context.print, hits);
    else for (const line of describe(hits, searched)) context.print(line);
    if (hidden.length > 0)
      context.note(
        `not searched: ${hidden.join(', ')}. It does not exist, or this user has no right to see it`,
      );
    if (former.unnamed.length > 0)
      context.note(
        `not searched: ${former.unnamed.join(', ')}. If this system used it before TOPIC_NAMES was changed, add: --topics ${former.unnamed.join(',')}`,
      );
    if (store.file?.erasedRemains().possible) context.note(formatAdviceOnRewritingFile(store.file));
    if (hits.length > 0) context.exitWith(FOUND);
  });
}

/** Describes the traces that were found. The text contains no personal data, so that it can be kept as evidence. */
function describe(hits: readonly PersonalDataTraceCount[], searched: readonly string[]): readonly string[] {
  const found = hits.map(({ place, kind, count }) => `${kind} ${place}: ${count}`);
  return [
    ...(hits.length === 0 ? ['0 hits: nothing of it is in any store or topic.'] : found),
    `Topics that were searched: ${searched.join(', ') || 'none'}`,
  ];
}
