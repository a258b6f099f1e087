/** The mails of an account as its export lists them. */
import type { ExportedMail } from '@latchkey/export';
import { readPages } from '@latchkey/store';
import type { Deliveries, DeliverySummary } from '../ports/deliveries.ts';

const PAGE = 200;

/** Returns the mails that an account's events have caused, oldest first, read page by page. */
export async function* exportedMails(
  deliveries: Pick<Deliveries, 'ofSubject'>,
  account: string,
): AsyncGenerator<ExportedMail> {
  const all = readPages<DeliverySummary>((after) => deliveries.ofSubject(account, { limit: PAGE, after }));
  for await (const page of all) yield* page.map(toExportedMail);
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
