import {
  type Administration,
  type DeliveryState,
  type DeliverySummary,
  deliveryStates,
  openAdministration,
} from '@latchkey/notifier';
import { type Context, UsageError, type Work } from './command.ts';
import { LIST_OPTIONS, limitOf, properties, showPage } from './listing.ts';
import { withStore } from './stores.ts';
import { onlyWord, type SubCommand, subCommands, wordsOf } from './sub-commands.ts';

const LIST_TAKES = `deliveries list takes --state ${deliveryStates.join('|')} (or several, comma-separated), --limit N, --after ID and --json`;

const list: SubCommand = {
  words: '[--state …]',
  read(words) {
    const options = { ...LIST_OPTIONS, state: { type: 'string' } } as const;
    const { values, positionals } = wordsOf(words, options, LIST_TAKES);
    if (positionals.length > 0) throw new UsageError(LIST_TAKES);
    const states = statesOf(values.state);
    const limit = limitOf(values.limit);
    return onDeliveries(async (deliveries, context) => {
      const after = values.after === undefined ? undefined : await demand(deliveries, values.after);
      await showPage(context, {
        limit,
        page: (many) => deliveries.list({ states, limit: many, ...(after && { after }) }),
        nameOf: ({ id }) => id,
        asJson: values.json ?? false,
        objectsOf: (delivery) => [delivery],
        heads: ['id', 'state', 'mail', 'event of', 'tries', 'last try'],
        rowsOf: (delivery) => [
          [
            delivery.id,
            stateOf(delivery),
            delivery.mail,
            delivery.occurredAt.toISOString(),
            String(delivery.tries),
            lastOf(delivery),
          ],
        ],
        nothing: 'There is no such delivery.',
      });
    });
  },
};

const SHOW_TAKES = 'deliveries show takes an id and --json, and nothing else';

const show: SubCommand = {
  words: '<id>',
  read(words) {
    const { values, positionals } = wordsOf(words, { json: { type: 'boolean' } }, SHOW_TAKES);
    const id = onlyWord(positionals, SHOW_TAKES);
    return onDeliveries(async (deliveries, { say }) => {
      const delivery = await demand(deliveries, id);
      if (values.json) say(JSON.stringify(delivery));
      else for (const line of described(delivery)) say(line);
    });
  },
};

const RETRY_TAKES = 'deliveries retry takes an id, and nothing else';

const retry: SubCommand = {
  words: '<id>',
  read(words) {
    const id = onlyWord(wordsOf(words, {}, RETRY_TAKES).positionals, RETRY_TAKES);
    return onDeliveries(async (deliveries, { say }) => {
      const now = new Date();
      const before = await demand(deliveries, id);
      if (before.state === 'pending' && before.sendUntil <= now)
        throw new Error(`${id} ran out at ${before.sendUntil.toISOString()}: it will be recorded as expired`);
      if (!(await deliveries.retryNow(id, now))) throw new Error(whyNot(await demand(deliveries, id)));
      say(`${id} is due now.`);
    });
  },
};

const CANCEL_TAKES = 'deliveries cancel takes an id, and nothing else';

const cancel: SubCommand = {
  words: '<id>',
  read(words) {
    const id = onlyWord(wordsOf(words, {}, CANCEL_TAKES).positionals, CANCEL_TAKES);
    return onDeliveries(async (deliveries, { say }) => {
      if (!(await deliveries.cancel(id, new Date()))) throw new Error(whyNot(await demand(deliveries, id)));
      say(`${id} is cancelled: it will not be sent.`);
    });
  },
};

/** Looks at mails that are owed or were, and has one tried now or not at all. */
export const deliveriesCommand = subCommands(
  'deliveries',
  'mails: look at them, try one now, or call it off',
  {
    list,
    show,
    retry,
    cancel,
  },
);

function onDeliveries(work: (deliveries: Administration, context: Context) => Promise<void>): Work {
  return (context) => withStore(context, (store) => work(openAdministration(store), context));
}

/** All of them where it is not said. @throws UsageError */
function statesOf(text: string | undefined): readonly DeliveryState[] {
  if (text === undefined) return deliveryStates;
  const wanted = text.split(',');
  const states = deliveryStates.filter((state) => wanted.includes(state));
  if (states.length !== new Set(wanted).size) throw new UsageError(LIST_TAKES);
  return states;
}

/** @throws Error of one line */
async function demand(deliveries: Administration, id: string): Promise<DeliverySummary> {
  const found = await deliveries.find(id);
  if (found === undefined) throw new Error(`there is no delivery ${id}`);
  return found;
}

/** Why nothing can be done with it by hand. */
function whyNot({ id, state, dueAt }: DeliverySummary): string {
  return state === 'claimed'
    ? `${id} is being sent just now. If its notifier has died, another takes it over at ${dueAt?.toISOString()}`
    : `${id} is ${state}, and its address is deleted: nothing can be sent any more`;
}

function stateOf({ state, reason }: DeliverySummary): string {
  return reason === undefined ? state : `${state} (${reason})`;
}

function lastOf({ attempts }: DeliverySummary): string {
  const last = attempts.at(-1);
  if (last === undefined) return '';
  return last.code === undefined ? last.result : `${last.result} (${last.code})`;
}

function described(delivery: DeliverySummary): readonly string[] {
  return [
    ...properties({
      id: delivery.id,
      state: stateOf(delivery),
      mail: delivery.mail,
      'of account': delivery.subject,
      'because of event': delivery.eventId,
      'of request': delivery.correlationId,
      'which was at': delivery.occurredAt.toISOString(),
      'to be sent until': delivery.sendUntil.toISOString(),
      'due at': delivery.dueAt?.toISOString(),
      'ended at': delivery.endedAt?.toISOString(),
      tries: delivery.tries,
    }),
    ...delivery.attempts.map(
      ({ at, ms, result, code }) =>
        `  ${at.toISOString()}  ${result}${code === undefined ? '' : ` (${code})`}, ${ms} ms`,
    ),
  ];
}
