/**
 * Lists erasures: which consumers have confirmed each erasure, which erasures are overdue, and which topics
 * and files still contain the person's data.
 */
import {
  type ErasureRecord,
  erasureSettingsSchema,
  findUnconfirmedConsumers,
  openAuthOps,
} from '@latchkey/auth/ops';
import type { Store } from '@latchkey/backend';
import { readConfig } from '@latchkey/process';
import type { CommandContext } from '../context.ts';
import {
  computeErasedDataInFile,
  type DataFileErasureState,
  formatAdviceOnRewritingFile,
  toDataFileErasureState,
} from '../erasures/file.ts';
import { readTopicsWithErasedData, type TopicsWithErasedData } from '../erasures/read-topics.ts';
import { computeRetainedPersonalData, formatRetainedPersonalData } from '../erasures/retained.ts';
import {
  computeErasedDataInTopic,
  formatAdviceOnRemovingData,
  formatErasedDataInTopic,
} from '../erasures/topic.ts';
import { formatProperties, printListingPage } from '../output/listing.ts';
import {
  createFormerTopicsOption,
  createLimitOption,
  formatExamples,
  JSON_OPTION_HELP,
  type OpsProgram,
} from '../program.ts';
import { withOpenedStore } from '../stores.ts';

const DAY_MS = 24 * 3_600_000;

export function addErasuresCommand(program: OpsProgram, context: CommandContext): void {
  const erasures = program
    .command('erasures')
    .description(
      'list or show erasures: who has confirmed them, who is overdue, and what the topic still has',
    )
    .addHelpText('after', formatExamples('erasures list --overdue', 'erasures show 0198… --json'));

  erasures
    .command('list')
    .description('list erased accounts, the latest first')
    .addOption(createLimitOption())
    .option('--waiting', 'only those that a consumer has not confirmed')
    .option('--overdue', 'only those that a consumer has not confirmed within ERASURE_RECEIPT_DAYS')
    .option('--after <account>', 'continue after this account')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('erasures list', 'erasures list --overdue --json'))
    .action(({ limit, waiting = false, overdue = false, after: last, json = false }) =>
      withOpenedStore(context, async (store) => {
        const stored = openAuthOps(store).erasures;
        const rules = await rulesOf(context, store);
        const after = last === undefined ? undefined : await existing(stored, last);
        await printListingPage<ErasureRecord>(context, {
          limit,
          load: (count) =>
            stored.list({
              limit: count,
              waiting: waiting || overdue,
              ...(overdue && { until: rules.overdueSince.toISOString() }),
              ...(after && { after }),
            }),
          nameOf: ({ account }) => account,
          json,
          toJson: (erasure) => [certificateOf(erasure, rules)],
          columns: ['account', 'erased', 'confirmed by', 'missing', 'topic', 'overdue'],
          toRows: (erasure) => [rowOf(erasure, rules)],
          first:
            after === undefined
              ? await unfinishedErasures(store, overdue ? rules.overdueSince : new Date())
              : [],
          empty: 'There are no such erasures.',
        });
      }),
    );

  erasures
    .command('show')
    .description(
      'print the certificate of an erasure: who has confirmed it and when, and what topics still have',
    )
    .argument('<account>', 'the id of the account')
    .addOption(createFormerTopicsOption())
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      formatExamples(
        'erasures show 01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f --json',
        'erasures show 01980d2e-5a40-7c31-9f0e-3b7c6a1d2e4f --topics accounts.events.v1',
      ),
    )
    .action((account, { topics, json = false }) =>
      withOpenedStore(context, async (store) => {
        const rules = await rulesOf(context, store, topics);
        const certificate = certificateOf(await existing(openAuthOps(store).erasures, account), rules);
        if (json) return context.print(JSON.stringify(certificate, undefined, 2));
        const { receipts, missing, confirmed, overdue, complete, topic, retained, uncovered, file, ...rest } =
          certificate;
        const advice = [
          formatAdviceOnRemovingData(topic, account),
          file?.clean === false ? formatAdviceOnRewritingFile(file) : undefined,
        ].filter((line) => line !== undefined);
        const lines = formatProperties({
          ...rest,
          ...Object.fromEntries(
            receipts.map((receipt) => [receipt.consumer, `${receipt.confirmedAt}${markOf(receipt)}`]),
          ),
          ...Object.fromEntries(
            missing.map((consumer) => [consumer, overdue ? 'overdue' : 'has not confirmed yet']),
          ),
          [topic.name]: formatErasedDataInTopic(topic),
          ...Object.fromEntries(retained.map((data) => [data.name, formatRetainedPersonalData(data)])),
          ...Object.fromEntries(uncovered.map((name) => [name, NOT_COVERED])),
          ...(file && { [file.name]: file.clean ? 'clean' : 'not rewritten yet' }),
          confirmed: confirmed ? 'yes' : 'no',
          complete: complete ? 'yes' : 'no',
        });
        for (const line of [...lines, ...advice]) context.print(line);
      }),
    );
}

const NOT_COVERED = 'not covered by this certificate; add --topics if it is a former topic of this system';

/** The maximum number of unfinished erasures to print. Usually no erasure is unfinished. */
const MAX_UNFINISHED = 100;

/** Returns the erasures that were due by `until` but that auth has not finished, earliest due first. */
async function unfinishedErasures(store: Store, until: Date) {
  const due = await openAuthOps(store).erasures.due({ until, limit: MAX_UNFINISHED });
  return due.map(({ stream: account, eraseAt: dueSince }) => ({
    json: { account, dueSince },
    row: [account, `due ${dueSince}`, '-', '-', '-', '-'],
  }));
}

interface Rules {
  readonly receiptDays: number;
  /** An erasure that took place before this time is overdue if a consumer has not confirmed it. */
  readonly overdueSince: Date;
  readonly topics: TopicsWithErasedData;
  /** The state of the database file. Undefined if the store has no file. */
  readonly fileState: DataFileErasureState | undefined;
}

async function rulesOf(
  context: CommandContext,
  store: Store,
  formerTopics: readonly string[] = [],
): Promise<Rules> {
  const { ERASURE_RECEIPT_DAYS: receiptDays } = readConfig(
    erasureSettingsSchema.pick({ ERASURE_RECEIPT_DAYS: true }),
    context.environment,
  );
  const overdueSince = new Date(Date.now() - receiptDays * DAY_MS);
  const topics = await readTopicsWithErasedData(context, formerTopics);
  return { receiptDays, overdueSince, topics, fileState: store.file && toDataFileErasureState(store.file) };
}

/** Returns the erasure of an account. @throws Error with a one-line message if the account was not erased */
async function existing(
  erasures: ReturnType<typeof openAuthOps>['erasures'],
  account: string,
): Promise<ErasureRecord> {
  const found = await erasures.find(account);
  if (found === undefined) throw new Error(`${account} was not erased: see \`erasures list\``);
  return found;
}

function certificateOf(erasure: ErasureRecord, { receiptDays, overdueSince, topics, fileState }: Rules) {
  const { account, sequence, erasedAt, expected } = erasure;
  const receipts = erasure.receipts.map((receipt) => ({
    ...receipt,
    expected: expected.includes(receipt.consumer),
  }));
  const missing = findUnconfirmedConsumers(erasure);
  const confirmed = missing.length === 0;
  const topic = computeErasedDataInTopic(erasure, topics.accounts);
  const retained = topics.retaining.map((each) => computeRetainedPersonalData(erasure, each, new Date()));
  const file = fileState && computeErasedDataInFile(erasure, fileState);
  const places = [topic, ...retained, ...(file ? [file] : [])];
  return {
    account,
    sequence,
    erasedAt,
    dueAt: new Date(Date.parse(erasedAt) + receiptDays * DAY_MS).toISOString(),
    receipts,
    missing,
    confirmed,
    complete: confirmed && places.every(({ clean }) => clean === true),
    overdue: !confirmed && Date.parse(erasedAt) <= overdueSince.getTime(),
    topic,
    retained,
    uncovered: topics.unnamed,
    ...(file && { file }),
  };
}

/**
 * Returns a note for a receipt from a consumer that is not expected to confirm erasures; an empty string
 * for an expected consumer. Anybody who may write to the topic of receipts can publish a receipt under an
 * invented name.
 */
function markOf({ expected }: { readonly expected: boolean }): string {
  return expected ? '' : ' (not expected)';
}

function rowOf(erasure: ErasureRecord, rules: Rules): readonly string[] {
  const { account, erasedAt, receipts, missing, overdue, topic } = certificateOf(erasure, rules);
  return [
    account,
    erasedAt,
    receipts.map((receipt) => `${receipt.consumer}${markOf(receipt)}`).join(',') || '-',
    missing.join(',') || '-',
    formatErasedDataInTopic(topic),
    overdue ? 'yes' : 'no',
  ];
}
