/** Converts events that an earlier release wrote to the format of this release. */
import { openAuthOps } from '@latchkey/auth/ops';
import { journalTopics } from '@latchkey/verify';
import type { CommandContext } from '../context.ts';
import { readEventKeysFromSettings, readPublicEventKeys } from '../keys.ts';
import { createDelayedProgressDisplay, formatCount, formatNumber } from '../output/progress.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { createErasedEventCopyRecorder, createRepublisher } from '../republish/publish-again.ts';
import { createRecordEncoder } from '../republish/records-of.ts';
import { type RepublishUnsignedEventsResult, republishUnsignedEvents } from '../republish/sign-topics.ts';
import { withOpenedSystem } from '../system.ts';

const MAX_RECORDS = 500_000;
const MAX_LINES = 50;
/** The exit code if some accounts could not be upgraded. */
const INCOMPLETE = 1;

export function addUpgradeCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('upgrade')
    .description('sign what release 0.1 wrote: complete the hash chains, and publish unsigned events again')
    .option('--json', 'print one JSON object')
    .addHelpText('after', formatExamples('upgrade', 'upgrade --json'))
    .action(({ json = false }) =>
      withOpenedSystem(context, async ({ store, log, nameOf }) => {
        const auth = openAuthOps(store);
        const { signer } = await readEventKeysFromSettings(context);
        const keys = await readPublicEventKeys(context);
        const recordsOf = createRecordEncoder(auth, signer);
        const signed = await republishUnsignedEvents({
          auth,
          recordsOf,
          log: log.reader,
          bus: createRepublisher(context, {
            bus: log.bus,
            journal: auth.journal,
            recordsOf,
            ...createErasedEventCopyRecorder(auth, log),
          }),
          topics: journalTopics.map(({ name }) => nameOf(name)),
          nameOf,
          keyOf: (kid) => keys?.get(kid),
          maxRecords: MAX_RECORDS,
          onProgress: createDelayedProgressDisplay(context),
        });
        for (const line of json ? [JSON.stringify(signed)] : linesOf(signed)) context.print(line);
        context.exitWith(signed.leftOut.length === 0 ? 0 : INCOMPLETE);
      }),
    );
}

function linesOf({ chained, published, events, leftOut }: RepublishUnsignedEventsResult): readonly string[] {
  const hidden = leftOut.length - MAX_LINES;
  return [
    ...(chained > 0
      ? [`${formatCount(chained, 'account or mailing', 'accounts and mailings')} chained.`]
      : []),
    events > 0
      ? `${formatCount(events, 'event')} of ${formatCount(published, 'account or mailing', 'accounts and mailings')} published again, signed. Consumers skip events that they already have.`
      : 'No event was published again.',
    ...leftOut.slice(0, MAX_LINES),
    ...(hidden > 0 ? [`… and ${formatNumber(hidden)} more`] : []),
    leftOut.length === 0
      ? 'Every event on the topics is signed.'
      : `${formatCount(leftOut.length, 'account or mailing', 'accounts and mailings')} left out: repair the cause, then run upgrade again.`,
  ];
}
