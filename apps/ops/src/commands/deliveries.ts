import { InvalidArgumentError } from '@commander-js/extra-typings';
import {
  type DeliveryOps,
  type DeliveryState,
  type DeliverySummary,
  deliveryStates,
  formatAttemptFailure,
  openNotifierOps,
} from '@latchkey/notifier/ops';
import type { CommandContext } from '../context.ts';
import { formatProperties, printJsonLines, printListingPage } from '../output/listing.ts';
import { createLimitOption, formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';
import { withOpenedStore } from '../stores.ts';

const EXAMPLE = '6e73bb0a-007d-5cbd-a2dc-baf2ea772706';

export function addDeliveriesCommand(program: OpsProgram, context: CommandContext): void {
  const deliveries = program
    .command('deliveries')
    .description('list, show, retry or cancel mail deliveries')
    .addHelpText(
      'after',
      formatExamples('deliveries list --state pending,failed', `deliveries retry ${EXAMPLE}`),
    );

  deliveries
    .command('list')
    .description('list mail deliveries, newest event first')
    .option(
      `--state <states>`,
      `only deliveries in these states, comma-separated: ${deliveryStates.join(', ')}`,
      parseStates,
    )
    .addOption(createLimitOption())
    .option('--after <id>', 'continue after this delivery')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('deliveries list', 'deliveries list --state pending,failed --json'))
    .action(({ state: states = deliveryStates, limit, after: id, json = false }) =>
      withDeliveries(context, async (all) => {
        const after = id === undefined ? undefined : await existing(all, id);
        await printListingPage(context, {
          limit,
          load: (count) => all.list({ states, limit: count, ...(after && { after }) }),
          nameOf: (delivery) => delivery.id,
          json,
          toJson: (delivery) => [toJson(delivery)],
          columns: ['id', 'state', 'mail', 'event of', 'tries', 'last try'],
          toRows: (delivery) => [toRow(delivery)],
          empty: 'There is no such delivery.',
        });
      }),
    );

  deliveries
    .command('show')
    .description('show a delivery with its last attempts')
    .argument('<id>', 'id of the delivery')
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples(`deliveries show ${EXAMPLE}`))
    .action((id, { json = false }) =>
      withDeliveries(context, async (all) => {
        const delivery = await existing(all, id);
        if (json) printJsonLines(context.print, [toJson(delivery)]);
        else for (const line of describe(delivery)) context.print(line);
      }),
    );

  deliveries
    .command('retry')
    .description('make a pending delivery due now')
    .argument('<id>', 'id of the delivery')
    .addHelpText('after', formatExamples(`deliveries retry ${EXAMPLE}`))
    .action((id) =>
      withDeliveries(context, async (all) => {
        const now = new Date();
        const { state, sendUntil } = await existing(all, id);
        if (state === 'pending' && sendUntil <= now)
          throw new Error(`${id} expired at ${sendUntil.toISOString()}: it will be recorded as expired`);
        if (!(await all.retryNow(id, now))) throw new Error(refusalOf(await existing(all, id)));
        context.print(`${id} is due now.`);
      }),
    );

  deliveries
    .command('cancel')
    .description('cancel a delivery, so that its mail is never sent')
    .argument('<id>', 'id of the delivery')
    .addHelpText('after', formatExamples(`deliveries cancel ${EXAMPLE}`))
    .action((id) =>
      withDeliveries(context, async (all) => {
        if (!(await all.cancel(id, new Date()))) throw new Error(refusalOf(await existing(all, id)));
        context.print(`${id} is cancelled: it will not be sent.`);
      }),
    );
}

function withDeliveries(
  context: CommandContext,
  work: (deliveries: DeliveryOps) => Promise<void>,
): Promise<void> {
  return withOpenedStore(context, (store) => work(openNotifierOps(store).deliveries));
}

/** Parses a comma-separated list of states. @throws InvalidArgumentError */
function parseStates(text: string): readonly DeliveryState[] {
  const wanted = new Set(text.split(','));
  const states = deliveryStates.filter((state) => wanted.has(state));
  if (states.length === wanted.size) return states;
  throw new InvalidArgumentError(`Allowed states are ${deliveryStates.join(', ')}.`);
}

/**
 * Returns the delivery with the given id. @throws Error with a one-line message if there is no delivery with
 * this id
 */
async function existing(deliveries: DeliveryOps, id: string): Promise<DeliverySummary> {
  const found = await deliveries.find(id);
  if (found === undefined) throw new Error(`there is no delivery ${id}`);
  return found;
}

/** Returns the error message for a delivery that can be neither retried nor canceled. */
function refusalOf({ id, state, dueAt }: DeliverySummary): string {
  return state === 'claimed'
    ? `${id} is being sent. If its notifier has died, another notifier takes over at ${dueAt?.toISOString()}`
    : `${id} is ${state}, and its address is deleted: it can no longer be sent`;
}

function toJson(delivery: DeliverySummary) {
  const { id, state, reason, mail, subject, eventId, correlationId } = delivery;
  const { occurredAt, sendUntil, dueAt, endedAt, tries, attempts, recipient, report } = delivery;
  return {
    id,
    state,
    reason,
    mail,
    subject,
    eventId,
    correlationId,
    occurredAt,
    sendUntil,
    dueAt,
    endedAt,
    recipient: recipient?.hint,
    report: report && { at: report.at, source: report.source, status: report.status },
    tries,
    attempts: attempts.map(({ at, ms, result, sender, stage, code, enhanced, words }) => ({
      at,
      ms,
      result,
      sender,
      stage,
      code,
      enhanced,
      words,
    })),
  };
}

function toRow(delivery: DeliverySummary): readonly string[] {
  const { id, mail, occurredAt, tries, attempts } = delivery;
  const last = attempts.at(-1);
  return [
    id,
    stateOf(delivery),
    mail,
    occurredAt.toISOString(),
    String(tries),
    last === undefined ? '' : resultOf(last),
  ];
}

function stateOf({ state, reason }: DeliverySummary): string {
  return reason === undefined ? state : `${state} (${reason})`;
}

function resultOf({ result, code }: DeliverySummary['attempts'][number]): string {
  return code === undefined ? result : `${result} (${code})`;
}

function describeReport({ at, source, status }: NonNullable<DeliverySummary['report']>): string {
  return [`${at.toISOString()} by ${source}`, status].filter((part) => part !== undefined).join(', ');
}

function describe(delivery: DeliverySummary): readonly string[] {
  return [
    ...formatProperties({
      id: delivery.id,
      state: stateOf(delivery),
      mail: delivery.mail,
      account: delivery.subject,
      event: delivery.eventId,
      request: delivery.correlationId,
      'event of': delivery.occurredAt.toISOString(),
      'send until': delivery.sendUntil.toISOString(),
      'due at': delivery.dueAt?.toISOString(),
      'ended at': delivery.endedAt?.toISOString(),
      recipient: delivery.recipient?.hint,
      reported: delivery.report && describeReport(delivery.report),
      tries: delivery.tries,
    }),
    ...delivery.attempts.map((attempt) => {
      const { at, ms, result, sender, stage } = attempt;
      const said =
        stage === undefined ? resultOf(attempt) : `${result} ${formatAttemptFailure({ ...attempt, stage })}`;
      const by = sender === undefined ? '' : `, by ${sender}`;
      return `  ${at.toISOString()}  ${said}, ${ms} ms${by}`;
    }),
  ];
}
