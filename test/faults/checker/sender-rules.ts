/**
 * Compares the senders in the log of attempts with the processes of the run, and with the mail server's
 * record.
 */
import { getDeliveryIdOfMail, isAcceptedMail, type MailContext } from './mail-rules.ts';
import { createViolations, type Violation } from './report.ts';

/**
 * Checks that each recorded attempt names a process that sends mails. If the mail server has accepted the
 * mail, the attempt that is recorded as accepted must name a process from which the mail server accepted it.
 * The rule about duplicates relies on these names.
 */
export function checkSenders({ deliveries, mails, senders }: MailContext): readonly Violation[] {
  const accepted = Map.groupBy(mails.filter(isAcceptedMail), getDeliveryIdOfMail);
  return deliveries.flatMap(({ _id, attempts }) =>
    attempts.flatMap(({ result, sender = 'no process' }) => {
      const name = senders[sender];
      const from = (accepted.get(_id) ?? []).map(({ by }) => by);
      if (name === undefined)
        return createViolations(
          'senders',
          `an attempt of delivery ${_id} names ${sender}, which sends no mails`,
        );
      return result !== 'accepted' || from.length === 0 || from.includes(name)
        ? []
        : createViolations(
            'senders',
            `delivery ${_id} names ${name}, but was accepted from ${from.join(', ')}`,
          );
    }),
  );
}
