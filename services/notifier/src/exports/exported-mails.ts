/** Lists the mails of an account for the export of the account's data. */
import type { ExportedMail } from '@latchkey/export';
import { readAllPages } from '@latchkey/store';
import { allMailDefinitions } from '../../mails/index.ts';
import type { DeliveryPosition, DeliveryStore, DeliverySummary } from '../ports/deliveries.ts';

const PAGE = 200;

/**
 * Yields the mails that an account's events have caused, oldest first, read page by page. For operators only.
 */
export async function* readExportedMails(
  deliveries: Pick<DeliveryStore, 'ofSubject'>,
  account: string,
): AsyncGenerator<ExportedMail> {
  for await (const delivery of deliveriesOf(deliveries, account)) yield toExportedMail(delivery);
}

const toAccount = new Set(
  allMailDefinitions.filter(({ recipient }) => recipient === 'account').map(({ name }) => name),
);

/**
 * Returns the mails to the account's own address, oldest first, read page by page. Leaves out mails to other
 * addresses, because they would reveal whether another account has such an address.
 * @param after a position in the list of mails; only mails after it are returned
 */
export async function* readMailsForOwner(
  deliveries: Pick<DeliveryStore, 'ofSubject'>,
  account: string,
  after?: DeliveryPosition,
): AsyncGenerator<ExportedMail> {
  for await (const delivery of deliveriesOf(deliveries, account, after))
    if (toAccount.has(delivery.mail)) yield toExportedMail(delivery);
}

async function* deliveriesOf(
  deliveries: Pick<DeliveryStore, 'ofSubject'>,
  account: string,
  start?: DeliveryPosition,
): AsyncGenerator<DeliverySummary> {
  const all = readAllPages<DeliverySummary>((last) =>
    deliveries.ofSubject(account, { limit: PAGE, after: last ?? start }),
  );
  for await (const page of all) yield* page;
}

export function toExportedMail(delivery: DeliverySummary): ExportedMail {
  const { id, mail, eventId, occurredAt, state, reason, endedAt, recipient, attempts, report } = delivery;
  return {
    id,
    mail,
    eventId,
    at: occurredAt.toISOString(),
    state,
    ...(reason !== undefined && { reason }),
    ...(endedAt && { endedAt: endedAt.toISOString() }),
    ...(recipient && { to: recipient.hint }),
    attempts: attempts.map(({ at, result }) => ({ at: at.toISOString(), result })),
    ...(report && { report: viewReport(report) }),
  };
}

function viewReport({ at, source, status }: NonNullable<DeliverySummary['report']>): ExportedMail['report'] {
  return { at: at.toISOString(), source, ...(status !== undefined && { status }) };
}
