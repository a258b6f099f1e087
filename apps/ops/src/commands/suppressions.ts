import { Option } from '@commander-js/extra-typings';
import {
  ALL_MAILS,
  computeAddressFingerprint,
  computeSuppressionId,
  createAddressHint,
  type MailSuppression,
  mailNames,
  openNotifierOps,
} from '@latchkey/notifier/ops';
import type { CommandContext } from '../context.ts';
import { parseEmailArgument } from '../email-argument.ts';
import { printListingPage } from '../output/listing.ts';
import {
  createLimitOption,
  createWholeNumberParser,
  formatExamples,
  JSON_OPTION_HELP,
  type OpsProgram,
} from '../program.ts';
import { withOpenedStore } from '../stores.ts';

const DAY_MS = 24 * 3_600_000;
const MAX_DAYS = 3650;

export function addSuppressionsCommand(program: OpsProgram, context: CommandContext): void {
  const suppressions = program
    .command('suppressions')
    .description('list, add or remove addresses that get no mail')
    .addHelpText('after', formatExamples('suppressions list', 'suppressions add ada@example.com --days 30'));

  suppressions
    .command('list')
    .description('list suppressions; addresses are shortened')
    .addOption(createLimitOption())
    .option('--after <id>', 'continue after this suppression')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('suppressions list --json'))
    .action(({ limit, after, json = false }) =>
      withOpenedStore(context, (store) =>
        printListingPage<MailSuppression>(context, {
          limit,
          load: (count) =>
            openNotifierOps(store).suppressions.list({
              now: new Date(),
              limit: count,
              ...(after !== undefined && { after }),
            }),
          nameOf: computeSuppressionId,
          json,
          toJson: (each) => [toJson(each)],
          columns: ['address', 'mail', 'reason', 'since', 'until'],
          toRows: ({ hint, mail, reason, since, until }) => [
            [hint, mail, reason, since.toISOString(), until?.toISOString() ?? ''],
          ],
          empty: 'No address is suppressed.',
        }),
      ),
    );

  suppressions
    .command('add')
    .description('send no more mails to an address; those that are not sent yet end as suppressed')
    .argument('<address>', 'the email address', parseEmailArgument)
    .addOption(mailOption('only this mail'))
    .option('--days <n>', 'end after this many days. Default: never', createWholeNumberParser(1, MAX_DAYS))
    .addHelpText('after', formatExamples('suppressions add ada@example.com --mail welcome --days 30'))
    .action(({ canonical }, { mail, days }) =>
      withOpenedStore(context, async (store) => {
        const since = new Date();
        const until = days === undefined ? undefined : new Date(since.getTime() + days * DAY_MS);
        const recipient = computeAddressFingerprint(canonical);
        const hint = createAddressHint(canonical);
        await openNotifierOps(store).suppressions.put({
          recipient,
          hint,
          mail,
          reason: 'operator',
          since,
          ...(until && { until }),
        });
        context.print(
          `${hint} gets ${mailsOf(mail)} ${until ? `until ${until.toISOString()}` : 'any more'}.`,
        );
      }),
    );

  suppressions
    .command('remove')
    .description('let an address get mails again')
    .argument('<address>', 'the email address', parseEmailArgument)
    .addOption(mailOption('the mail that the suppression is limited to'))
    .addHelpText('after', formatExamples('suppressions remove ada@example.com'))
    .action(({ canonical }, { mail }) =>
      withOpenedStore(context, async (store) => {
        const removed = await openNotifierOps(store).suppressions.remove({
          recipient: computeAddressFingerprint(canonical),
          mail,
        });
        if (!removed)
          throw new Error(
            `${createAddressHint(canonical)} is not suppressed for ${mail}: see \`suppressions list\``,
          );
        context.print(`${createAddressHint(canonical)} gets mails again.`);
      }),
    );
}

function mailsOf(mail: string): string {
  return mail === ALL_MAILS ? 'no mail' : `no ${mail} mail`;
}

function mailOption(description: string) {
  return new Option('--mail <name>', description).choices([ALL_MAILS, ...mailNames]).default(ALL_MAILS);
}

function toJson(suppression: MailSuppression) {
  const { hint: address, mail, reason, since, until } = suppression;
  return { id: computeSuppressionId(suppression), address, mail, reason, since, until };
}
