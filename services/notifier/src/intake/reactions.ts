/**
 * Decides how the notifier reacts to an event: which mails to send, and which earlier mails the event
 * supersedes. Pure.
 */
import type { EventOf, EventType, LatchkeyEvent } from '@latchkey/events';
import { allMailDefinitions, mailDefinitionsForMailings } from '../../mails/index.ts';
import type { DeliveryContent, SupersededMailKind } from '../delivery/delivery.ts';
import type { MailDefinition, MailDetails } from '../mails/define-mail.ts';

/** One mail to one recipient that an event requires. */
export interface RequiredMail {
  readonly mail: string;
  readonly locale: string;
  readonly content: DeliveryContent;
}

/** What an event causes: mails to send, and earlier mails to cancel. */
export interface MailReaction {
  readonly mails: readonly RequiredMail[];
  /** Which mails of earlier events of the account the event supersedes. */
  readonly supersedes: readonly SupersededMailKind[];
  /** Whether the event would require a mail, but the person's data has been erased in the meantime. */
  readonly erased: boolean;
}

/**
 * The types of events that make mails obsolete: after such an event, no mail about an earlier event of the
 * account may be sent.
 */
const endings: readonly EventType[] = [
  'RegistrationEnded',
  'AccountDisabled',
  'AccountErasureRequested',
  'AccountErased',
];

/** The language of mailings. It is fixed, because MailRequested events contain no locale. */
const MAILING_LOCALE = 'en';

interface Requested {
  readonly mail: MailDefinition;
  readonly letter: MailDetails;
}

function requestedByMailing({ data: { template, person } }: EventOf<'MailRequested'>): Requested {
  const content = person ? person.recipients.map((to) => ({ to })) : null;
  return { mail: mailDefinitionsForMailings[template], letter: { locale: MAILING_LOCALE, content } };
}

function requestedBy(event: LatchkeyEvent): readonly Requested[] {
  if (event.type === 'MailRequested') return [requestedByMailing(event)];
  return allMailDefinitions.flatMap((mail) => {
    const letter = mail.requestedMailFor(event);
    return letter ? [{ mail, letter }] : [];
  });
}

function owed({ mail, letter: { locale, content, link } }: Requested): readonly RequiredMail[] {
  return [content ?? []].flat().map((each) => ({
    mail: mail.name,
    locale,
    content: { ...each, ...(mail.link && link && { link: { purpose: mail.link, ...link } }) },
  }));
}

function supersededBy(event: LatchkeyEvent, requested: readonly Requested[]): readonly SupersededMailKind[] {
  if (endings.includes(event.type)) return ['everything'];
  const ended = allMailDefinitions
    .filter(({ when }) => when.includes(event.type))
    .flatMap(({ supersedes }) => supersedes);
  const renewed = requested.flatMap(({ mail }) => mail.link ?? []);
  return [...new Set([...ended, ...renewed])];
}

/**
 * Returns how the notifier reacts to an event. The order of events does not matter here, because the store
 * decides by sequence which earlier mails an event cancels.
 */
export function decideMailReaction(event: LatchkeyEvent): MailReaction {
  const requested = requestedBy(event);
  return {
    mails: requested.flatMap(owed),
    supersedes: supersededBy(event, requested),
    erased: requested.some(({ letter }) => letter.content === null),
  };
}
