import { openAdministration as openAuth } from '@latchkey/auth';
import { ACCOUNTS_TOPIC } from '@latchkey/events';
import { type Administration, openAdministration, type Parked, type RetryOutcome } from '@latchkey/user';
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
    return onAccounts((accounts, context, topic) =>
      showPage(context, {
        limit,
        page: (many) =>
          accounts.listParked({ limit: many, ...(values.after !== undefined && { after: values.after }) }),
        nameOf: ({ account }) => account,
        asJson: values.json ?? false,
        jsonOf: (parked) => jsonOf(topic, parked),
        heads: ['account', 'stands at', 'record', 'cause'],
        columnsOf: (parked) => [
          parked.account,
          `event ${parked.after}`,
          placeOf(topic, parked),
          parked.cause,
        ],
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
    return onAccounts(async (accounts, { say }, topic) => {
      const parked = await accounts.findParked(account);
      if (parked === undefined) throw new Error(`${account} is not parked`);
      const record = await accounts.recordOf(parked);
      const shown = record && redacted(record);
      if (values.json) return say(JSON.stringify({ ...jsonOf(topic, parked), found: shown ?? null }));
      const found = shown ? fieldsOf(shown) : { value: '(gone from the topic)' };
      for (const line of properties({ ...described(topic, parked), ...found })) say(line);
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
    return onAccounts(async (accounts, { say }) => {
      if (account !== undefined)
        return retryOne(accounts, account, (outcome) => say(wordsFor(account, outcome)));
      const tried = await retryAll(accounts, (id, outcome) => say(wordsFor(id, outcome)));
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

const onAccounts =
  /** @param topic what the topic of accounts is called on the log */
    (work: (accounts: Administration, context: Context, topic: string) => Promise<void>): Work =>
    (context) =>
      withSystem(context, ({ backend, nameOf }) => {
        const { lastSequence } = openAuth(backend);
        const accounts = openAdministration({ backend, lastDecided: lastSequence });
        return work(accounts, context, nameOf(ACCOUNTS_TOPIC));
      });

async function retryOne(
  accounts: Administration,
  account: string,
  tell: (outcome: RetryOutcome) => void,
): Promise<void> {
  const outcome = await accounts.retryParked(account);
  tell(outcome);
  if (outcome.result === 'still parked') throw new Error(`${account} is still parked`);
}

const PAGE = 100;

/** @returns how many there were @throws Error of one line if any of them is parked still */
async function retryAll(
  accounts: Administration,
  tell: (account: string, outcome: RetryOutcome) => void,
): Promise<number> {
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

const outcomeOf = (account: string, { result, sequence, cause }: RetryOutcome): string =>
  `${account}: ${result}, at event ${sequence}${cause === undefined ? '' : `: ${cause}`}`;

const jsonOutcome = (account: string, outcome: RetryOutcome): string =>
  JSON.stringify({ account, ...outcome });

const placeOf = (topic: string, { partition, offset }: Parked): string => `${topic}/${partition}/${offset}`;

const jsonOf = (topic: string, parked: Parked) => ({
  account: parked.account,
  after: parked.after,
  record: placeOf(topic, parked),
  cause: parked.cause,
});

const described = (topic: string, parked: Parked) => ({
  account: parked.account,
  'stands at': `event ${parked.after}`,
  cause: parked.cause,
  record: placeOf(topic, parked),
});
