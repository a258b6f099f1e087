import { erasureSettings, isAccountId, openAuthOps, parseEmail } from '@latchkey/auth/ops';
import { allTopics } from '@latchkey/events';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import {
  findTracesInFiles,
  findTracesInLog,
  findTracesInStore,
  type TracesFound,
} from '../erasure-check/find-traces.ts';
import {
  createAccountTracePredicate,
  createAddressTracePredicate,
  type TracePredicate,
} from '../erasure-check/traces.ts';
import { rewriteAdvice } from '../erasures/file.ts';
import { secretOfFolder } from '../keys.ts';
import { printJson } from '../output/listing.ts';
import { formatExamples, JSON_OPTION_HELP, type Program } from '../program.ts';
import { dataFolderOf, withStore } from '../stores.ts';
import { withSystem } from '../system.ts';

const FOUND = 1;

/**
 * Adds the command that requests the erasure of an account. The command only appends the request to the journal; a
 * running auth service erases the account once the grace period has ended.
 */
export function addEraseCommand(program: Program, context: CommandContext): void {
  const command = program
    .command('erase')
    .description('disable an account, and erase it after ERASURE_GRACE_DAYS; or look for what is left of one')
    .argument('<account>', 'id of an account, or address of a verified one; with --check any address')
    .option('--now', 'erase it at once: no mail is sent, and nothing can be undone')
    .option(
      '--check',
      'erase nothing: look through every store and topic; the exit code is 1 if anything is found',
    )
    .option('--json', `with --check: ${JSON_OPTION_HELP}`)
    .addHelpText(
      'after',
      formatExamples('erase ada@example.com', 'erase ada@example.com --now', 'erase --check ada@example.com'),
    )
    .action((account, { now, check, json = false }) => {
      if (check && now) command.error('--check and --now exclude each other');
      if (json && !check) command.error('--json goes with --check');
      return check ? checkErased(context, account, json) : erase(context, account, now ?? false);
    });
}

function erase(context: CommandContext, account: string, now: boolean): Promise<void> {
  return withStore(context, async (store) => {
    const { environment } = context;
    const graceDays = now ? 0 : readConfig(erasureSettings, environment).ERASURE_GRACE_DAYS;
    const sealingKey = await secretOfFolder('SEALING_PUBLIC_KEY', dataFolderOf(environment), environment);
    const eraseAt = await openAuthOps(store).requestErasure(account, { graceDays, sealingKey });
    context.print(`${account} is disabled, and will be erased at ${eraseAt}.`);
  });
}

/**
 * Searches for traces of a person.
 * @param account the id or the e-mail address of an account
 * @throws Error with a one-line message if `account` is neither
 */
async function checkErased(context: CommandContext, account: string, json: boolean): Promise<void> {
  const address = parseEmail(account)?.canonical;
  if (address === undefined && !isAccountId(account))
    throw new Error(`${account} is neither the id of an account nor an e-mail address`);
  const isTrace: TracePredicate =
    address === undefined ? createAccountTracePredicate(account) : createAddressTracePredicate(address);
  await withSystem(context, async ({ store, log, nameOf }) => {
    const names = allTopics().map(({ name }) => nameOf(name));
    const hits = [
      ...(await findTracesInStore(store, isTrace)),
      ...(await findTracesInLog(log.reader, names, isTrace)),
      ...(store.file !== undefined && address !== undefined
        ? await findTracesInFiles(store.file.folder, address)
        : []),
    ];
    if (json) printJson(context.print, hits);
    else for (const line of describe(hits)) context.print(line);
    if (store.file?.erasedRemains().possible) context.note(rewriteAdvice(store.file));
    if (hits.length > 0) context.exitWith(FOUND);
  });
}

/** Describes the traces that were found. The text contains no personal data, so that it can be kept as evidence. */
function describe(hits: readonly TracesFound[]): readonly string[] {
  if (hits.length === 0) return ['0 hits: nothing of it is in any store or topic.'];
  return hits.map(({ place, kind, count }) => `${kind} ${place}: ${count}`);
}
