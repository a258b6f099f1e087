/**
 * What the notifier does about each event: which mails are owed because of it, and which earlier ones are not
 * worth sending any more. Pure, and total over the catalogue: a new event type does not compile until it is
 * decided here.
 */
import type { EventOf, LatchkeyEvent, LinkPurpose, Role, SealedToken } from '@latchkey/events';
import type { MailName, SealedLink, Superseded } from '../delivery/delivery.ts';

/** One mail to one recipient. A mail with a link lives as long as the link, any other for 72 h. */
export interface OwedMail {
  readonly mail: MailName;
  readonly to: string;
  /** Absent where the mail must not, or cannot, say it. */
  readonly username?: string;
  readonly locale: string;
  readonly link?: SealedLink;
  readonly role?: Role;
}

export interface Reaction {
  readonly mails: readonly OwedMail[];
  readonly supersedes: readonly Superseded[];
  /** A mail would have been owed, but the person has been erased. */
  readonly erased: boolean;
}

/** MailRequested names no language. */
const DEFAULT_LOCALE = 'en';

const nothing: Reaction = { mails: [], supersedes: [], erased: false };

function only(...supersedes: readonly Superseded[]): Reaction {
  return { ...nothing, supersedes };
}

/** The mails that `write` makes for a person, or none, counted, once the person has been erased. */
function owed<Person>(
  person: Person | null,
  write: (person: Person) => readonly OwedMail[],
  ...supersedes: readonly Superseded[]
): Reaction {
  return { mails: person ? write(person) : [], supersedes, erased: person === null };
}

function link(purpose: LinkPurpose, token: SealedToken): SealedLink {
  return { purpose, ...token };
}

/** Without a link the address is proven by another account: its owner is told, and reads no submitted text. */
function afterSignUp({ data }: EventOf<'UserRegistered'>): Reaction {
  const { locale, verification } = data;
  if (!verification) return owed(data.person, ({ email }) => [{ mail: 'account-exists', to: email, locale }]);
  return owed(
    data.person,
    ({ email, username }) => [
      { mail: 'verify-email', to: email, username, locale, link: link('verification', verification) },
    ],
    'verification',
  );
}

function afterVerificationRequest({ data }: EventOf<'VerificationRequested'>): Reaction {
  const { locale, verification } = data;
  if (!verification) return nothing;
  return owed(
    data.person,
    ({ email, username }) => [
      { mail: 'verify-email', to: email, username, locale, link: link('verification', verification) },
    ],
    'verification',
  );
}

function afterResetRequest({ data }: EventOf<'PasswordResetRequested'>): Reaction {
  const { locale, reset, verifies } = data;
  if (!reset) return nothing;
  const mail = verifies ? 'choose-password' : 'reset-password';
  return owed(
    data.person,
    ({ email, username }) => [{ mail, to: email, username, locale, link: link('reset', reset) }],
    'reset',
  );
}

/** A first password needs no notice: the welcome mail of the same commit says it. */
function afterPasswordChange({ data }: EventOf<'PasswordChanged'>): Reaction {
  if (data.how === 'first') return only('verification', 'reset');
  return owed(
    data.person,
    ({ email, username }) => [{ mail: 'password-changed', to: email, username, locale: data.locale }],
    'verification',
    'reset',
  );
}

function assertNever(event: never): never {
  throw new TypeError(`no reaction to ${JSON.stringify((event as LatchkeyEvent).type)}`);
}

/** What is owed because of an event. The order of events is not looked at here: cutoffs see to it when stored. */
export function reactTo(event: LatchkeyEvent): Reaction {
  switch (event.type) {
    case 'UserRegistered':
      return afterSignUp(event);
    case 'VerificationRequested':
      return afterVerificationRequest(event);
    case 'AccountVerified': {
      const { locale } = event.data;
      return owed(
        event.data.person,
        ({ email, username }) => [{ mail: 'welcome', to: email, username, locale }],
        'verification',
      );
    }
    case 'PasswordResetRequested':
      return afterResetRequest(event);
    case 'PasswordChanged':
      return afterPasswordChange(event);
    case 'RoleChanged': {
      const { locale, role } = event.data;
      return owed(event.data.person, ({ email, username }) => [
        { mail: 'role-changed', to: email, username, locale, role },
      ]);
    }
    case 'RegistrationEnded':
    case 'AccountDisabled':
      return only('everything');
    case 'MailRequested': {
      const { template } = event.data;
      return owed(event.data.person, ({ recipients }) =>
        recipients.map((to) => ({ mail: template, to, locale: DEFAULT_LOCALE })),
      );
    }
    case 'ProfileChanged':
    case 'AccountEnabled':
    case 'SessionsRevoked':
      return nothing;
    default:
      return assertNever(event);
  }
}
