import { openAuthOps } from '@latchkey/auth/ops';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { readAllPages } from '@latchkey/store';
import {
  type GenerationRetryOutcome,
  openUserOps,
  type ParkedAccount,
  type ParkedMarkInGeneration,
  type UserOps,
} from '@latchkey/user/ops';
import type { CommandContext } from '../context.ts';
import { createJournalAuthenticator } from '../journal-records.ts';
import { formatProperties, printJsonLines, printListingPage } from '../output/listing.ts';
import { flattenRedactedRecord, redactRecord } from '../output/redacted.ts';
import { createLimitOption, formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import { withOpenedSystem } from '../system.ts';

const NONE = 'No account is parked.';
const FORKED_HINT =
  'Rebuild the read model (rebuild user); if the topic still has both histories, write a new topic first (republish --to).';

export function addParkedCommand(program: OpsProgram, context: CommandContext): void {
  const parked = program
    .command('parked')
    .description('list, show or retry accounts that the read model has stopped updating')
    .addHelpText('after', formatExamples('parked list', 'parked retry --all'));

  parked
    .command('list')
    .description('list parked accounts with the record that could not be applied and the cause')
    .addOption(createLimitOption())
    .option('--after <account>', 'continue after this account')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('parked list', 'parked list --limit 1000 --json'))
    .action(({ limit, after, json = false }) =>
      withAccounts(context, (accounts, names) =>
        printListingPage(context, {
          limit,
          load: (count) => accounts.listParked({ limit: count, ...(after !== undefined && { after }) }),
          nameOf: ({ account }) => account,
          json,
          toJson: ({ marks }) => marks.map((mark) => toJson(names, mark)),
          columns: [
            'account',
            ...(names.severalGenerations ? ['generation'] : []),
            'parked after',
            'record',
            'cause',
          ],
          toRows: ({ marks }) => marks.map((mark) => toRow(names, mark)),
          empty: NONE,
        }),
      ),
    );

  parked
    .command('show')
    .description('show where and why an account is parked, with the redacted record')
    .argument('<account>', 'id of a parked account')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('parked show 01a1ff4d-9554-707c-9165-002f24af9ef0'))
    .action((account, { json = false }) =>
      withAccounts(context, (accounts, names) => show(accounts, names, account, json, context)),
    );

  const retry = parked
    .command('retry')
    .description('read the records of parked accounts again and unpark those that miss no event')
    .argument('[account]', 'id of a parked account')
    .option('--all', 'retry every parked account')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText(
      'after',
      formatExamples('parked retry 01a1ff4d-9554-707c-9165-002f24af9ef0', 'parked retry --all'),
    )
    .action((account, { all = false, json = false }) => {
      if (all === (account !== undefined)) retry.error('give either an account or --all');
      return withAccounts(context, async (accounts, names) => {
        function report(id: string, outcome: GenerationRetryOutcome) {
          if (json) printJsonLines(context.print, [{ account: id, ...outcome }]);
          else context.print(describeOutcome(names, id, outcome));
        }
        if (account !== undefined) return retryOne(accounts, account, report);
        const tried = await retryAll(accounts, report);
        if (tried === 0 && !json) context.print(NONE);
      });
    });
}

/** Finds and retries parked accounts. */
interface Accounts extends Pick<UserOps, 'listParked' | 'findParked'> {
  recordOf(parked: ParkedMarkInGeneration): ReturnType<UserOps['recordOf']>;
  retryParked(account: string): Promise<GenerationRetryOutcome>;
}

interface Names {
  /** The full name of the accounts topic on the log. */
  readonly topic: string;
  /**
   * Whether the user service maintains several generations of the read model. If so, the command prints in
   * which generation an account is parked.
   */
  readonly severalGenerations: boolean;
}

function withAccounts(
  context: CommandContext,
  work: (accounts: Accounts, names: Names) => Promise<void>,
): Promise<void> {
  return withOpenedSystem(context, async ({ store, bus, nameOf }) => {
    const { lastSequence: lastDecided, journal } = openAuthOps(store);
    const authenticate = createJournalAuthenticator(journal);
    const user = openUserOps(store);
    const accounts: Accounts = {
      ...user,
      recordOf: (parked) => user.recordOf(parked, bus),
      retryParked: (account) => user.retryParked(account, { log: bus, authenticate, lastDecided }),
    };
    const severalGenerations = (await user.generations()).length > 1;
    await work(accounts, { topic: nameOf(ACCOUNTS_TOPIC), severalGenerations });
  });
}

async function show(
  accounts: Accounts,
  names: Names,
  account: string,
  json: boolean,
  { print }: CommandContext,
): Promise<void> {
  const parked = await accounts.findParked(account);
  if (parked === undefined) throw new Error(`${account} is not parked`);
  for (const mark of parked.marks) {
    const record = await accounts.recordOf(mark);
    const found = record && redactRecord(record);
    if (json) printJsonLines(print, [{ ...toJson(names, mark), found: found ?? null }]);
    else {
      const fields = found ? flattenRedactedRecord(found) : { value: '(no longer on the topic)' };
      for (const line of formatProperties({ ...describe(names, mark), ...fields })) print(line);
    }
  }
}

type ReportOutcome = (account: string, outcome: GenerationRetryOutcome) => void;

async function retryOne(accounts: Accounts, account: string, report: ReportOutcome): Promise<void> {
  const outcome = await accounts.retryParked(account);
  report(account, outcome);
  // It is no error if the account is no longer parked, so that the command may be repeated.
  if (outcome.result === 'not parked' && outcome.sequence === 0)
    throw new Error(`${account} is not parked: the read model has no event of it`);
  if (outcome.result !== 'still parked') return;
  const hint = (await isForked(accounts, account)) ? `. ${FORKED_HINT}` : '';
  throw new Error(`${account} is still parked${hint}`);
}

/**
 * Retries every parked account.
 * @returns how many accounts were parked
 * @throws Error with a one-line message if any account is still parked
 */
async function retryAll(accounts: Accounts, report: ReportOutcome): Promise<number> {
  let tried = 0;
  let still = 0;
  let forked = 0;
  for await (const account of parkedAccounts(accounts)) {
    const outcome = await accounts.retryParked(account);
    report(account, outcome);
    tried += 1;
    if (outcome.result !== 'still parked') continue;
    still += 1;
    if (await isForked(accounts, account)) forked += 1;
  }
  const hint = forked === 0 ? '' : `, ${forked} of them because their history has forked. ${FORKED_HINT}`;
  if (still > 0) throw new Error(`${still} of ${tried} accounts are still parked${hint}`);
  return tried;
}

/** Returns whether an account is parked because its history has forked. */
async function isForked(accounts: Pick<Accounts, 'findParked'>, account: string): Promise<boolean> {
  const parked = await accounts.findParked(account);
  return parked?.marks.some(({ reason }) => reason === 'forked') ?? false;
}

const PAGE = 100;

async function* parkedAccounts(accounts: Accounts): AsyncGenerator<string> {
  const all = readAllPages<ParkedAccount>((last) =>
    accounts.listParked({ limit: PAGE, ...(last && { after: last.account }) }),
  );
  for await (const page of all) for (const { account } of page) yield account;
}

function describeOutcome(
  { severalGenerations }: Names,
  account: string,
  { result, sequence, cause, generation }: GenerationRetryOutcome,
): string {
  const where = severalGenerations && result !== 'not parked' ? ` in generation ${generation}` : '';
  return `${account}: ${result}${where}, at event ${sequence}${cause === undefined ? '' : `: ${cause}`}`;
}

function placeOf({ topic }: Names, { partition, offset }: ParkedMarkInGeneration): string {
  return `${topic}/${partition}/${offset}`;
}

function toJson(names: Names, parked: ParkedMarkInGeneration) {
  const { account, generation, after, reason, cause } = parked;
  return { account, generation, after, record: placeOf(names, parked), reason, cause };
}

function toRow(names: Names, parked: ParkedMarkInGeneration): readonly string[] {
  return [
    parked.account,
    ...(names.severalGenerations ? [String(parked.generation)] : []),
    `event ${parked.after}`,
    placeOf(names, parked),
    parked.cause,
  ];
}

function describe(names: Names, parked: ParkedMarkInGeneration) {
  return {
    account: parked.account,
    generation: names.severalGenerations ? parked.generation : undefined,
    'parked after': `event ${parked.after}`,
    cause: parked.cause,
    record: placeOf(names, parked),
  };
}
