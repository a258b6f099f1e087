import { openAdministration as openAuth } from '@latchkey/auth';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { type Administration, openAdministration, type ParkedIn, type RetriedIn } from '@latchkey/user';
import { type Context, UsageError, type Work } from './command.ts';
import { LIST_OPTIONS, limitOf, properties, showPage } from './listing.ts';
import { fieldsOf, redacted } from './redacted.ts';
import { onlyWord, type SubCommand, subCommands, wordsOf } from './sub-commands.ts';
import { withSystem } from './system.ts';

const NOBODY = 'No account is parked.';
const LIST_TAKES = 'parked list takes --limit N, --after ACCOUNT and --json, and nothing else';

const list: SubCommand = {
  words: '',
  read(words) {
    const { values, positionals } = wordsOf(words, LIST_OPTIONS, LIST_TAKES);
    if (positionals.length > 0) throw new UsageError(LIST_TAKES);
    const limit = limitOf(values.limit);
    return onAccounts((accounts, context, names) =>
      showPage(context, {
        limit,
        page: (many) =>
          accounts.listParked({ limit: many, ...(values.after !== undefined && { after: values.after }) }),
        nameOf: ({ account }) => account,
        asJson: values.json ?? false,
        objectsOf: ({ marks }) => marks.map((mark) => jsonOf(names, mark)),
        heads: [
          'account',
          ...(names.severalGenerations ? ['generation'] : []),
          'stands at',
          'record',
          'cause',
        ],
        rowsOf: ({ marks }) => marks.map((mark) => columnsOf(names, mark)),
        nothing: NOBODY,
      }),
    );
  },
};

const SHOW_TAKES = 'parked show takes an account and --json, and nothing else';

const show: SubCommand = {
  words: '<account>',
  read(words) {
    const { values, positionals } = wordsOf(words, { json: { type: 'boolean' } }, SHOW_TAKES);
    const account = onlyWord(positionals, SHOW_TAKES);
    return onAccounts(async (accounts, { say }, names) => {
      const parked = await accounts.findParked(account);
      if (parked === undefined) throw new Error(`${account} is not parked`);
      for (const mark of parked.marks) {
        const record = await accounts.recordOf(mark);
        const shown = record && redacted(record);
        if (values.json) say(JSON.stringify({ ...jsonOf(names, mark), found: shown ?? null }));
        else {
          const found = shown ? fieldsOf(shown) : { value: '(gone from the topic)' };
          for (const line of properties({ ...described(names, mark), ...found })) say(line);
        }
      }
    });
  },
};

const RETRY_TAKES = 'parked retry takes an account or --all, and --json, and nothing else';

const retry: SubCommand = {
  words: '<account>|--all',
  read(words) {
    const options = { all: { type: 'boolean' }, json: { type: 'boolean' } } as const;
    const { values, positionals } = wordsOf(words, options, RETRY_TAKES);
    if (values.all && positionals.length > 0) throw new UsageError(RETRY_TAKES);
    const account = values.all ? undefined : onlyWord(positionals, RETRY_TAKES);
    const wordsFor = values.json ? jsonOutcome : outcomeOf;
    return onAccounts(async (accounts, { say }, names) => {
      function tell(id: string, outcome: RetriedIn) {
        return say(wordsFor(names, id, outcome));
      }
      if (account !== undefined) return retryOne(accounts, account, tell);
      const tried = await retryAll(accounts, tell);
      if (tried === 0 && !values.json) say(NOBODY);
    });
  },
};

/** Looks at accounts that stand still, and lets them go on once what held them up is repaired. */
export const parkedCommand = subCommands(
  'parked',
  'accounts that stand still: look at them, let them go on',
  {
    list,
    show,
    retry,
  },
);

/** What is called how. */
interface Names {
  /** The topic of accounts, on the log. */
  readonly topic: string;
  /** Then each is named. */
  readonly severalGenerations: boolean;
}

function onAccounts(work: (accounts: Administration, context: Context, names: Names) => Promise<void>): Work {
  return (context) =>
    withSystem(context, async ({ backend, nameOf }) => {
      const { lastSequence } = openAuth(backend);
      const accounts = openAdministration({ backend, lastDecided: lastSequence });
      const severalGenerations = (await accounts.generations()).length > 1;
      await work(accounts, context, { topic: nameOf(ACCOUNTS_TOPIC), severalGenerations });
    });
}

type TellOutcome = (account: string, outcome: RetriedIn) => void;

async function retryOne(accounts: Administration, account: string, tell: TellOutcome): Promise<void> {
  const outcome = await accounts.retryParked(account);
  tell(account, outcome);
  if (outcome.result === 'still parked') throw new Error(`${account} is still parked`);
}

const PAGE = 100;

/** @returns how many there were @throws Error of one line if any of them is parked still */
async function retryAll(accounts: Administration, tell: TellOutcome): Promise<number> {
  let tried = 0;
  let still = 0;
  for (let after: string | undefined; ; ) {
    const page = await accounts.listParked({ limit: PAGE, ...(after !== undefined && { after }) });
    for (const { account } of page) {
      const outcome = await accounts.retryParked(account);
      tell(account, outcome);
      tried += 1;
      if (outcome.result === 'still parked') still += 1;
    }
    after = page.at(-1)?.account;
    if (after === undefined) break;
  }
  if (still > 0) throw new Error(`${still} of ${tried} accounts are still parked`);
  return tried;
}

function outcomeOf(
  { severalGenerations }: Names,
  account: string,
  { result, sequence, cause, generation }: RetriedIn,
): string {
  const where = severalGenerations && result !== 'not parked' ? ` in generation ${generation}` : '';
  return `${account}: ${result}${where}, at event ${sequence}${cause === undefined ? '' : `: ${cause}`}`;
}

function jsonOutcome(_names: Names, account: string, outcome: RetriedIn): string {
  return JSON.stringify({ account, ...outcome });
}

function placeOf({ topic }: Names, { partition, offset }: ParkedIn): string {
  return `${topic}/${partition}/${offset}`;
}

function jsonOf(names: Names, parked: ParkedIn) {
  return {
    account: parked.account,
    generation: parked.generation,
    after: parked.after,
    record: placeOf(names, parked),
    cause: parked.cause,
  };
}

function columnsOf(names: Names, parked: ParkedIn): readonly string[] {
  return [
    parked.account,
    ...(names.severalGenerations ? [String(parked.generation)] : []),
    `event ${parked.after}`,
    placeOf(names, parked),
    parked.cause,
  ];
}

function described(names: Names, parked: ParkedIn) {
  return {
    account: parked.account,
    generation: names.severalGenerations ? parked.generation : undefined,
    'stands at': `event ${parked.after}`,
    cause: parked.cause,
    record: placeOf(names, parked),
  };
}
