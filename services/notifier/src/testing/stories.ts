/**
 * Simulates people's actions for tests. Creates the events that the actions cause, and predicts the final
 * state of each mail after an outage of the mail server. The prediction implements the notifier's rules a
 * second time, without using any of its code.
 */
import { randomUUID } from 'node:crypto';
import type { LatchkeyEvent, LinkPurpose } from '@latchkey/events';
import { createTestEvent, type EventOverrides, type SealingKey } from './events.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long before a link expires the notifier stops sending it, in ms. */
const LINK_MARGIN = 5 * MINUTE;
const RESET_LIFE = HOUR;
const VERIFICATION_LIFE = 24 * HOUR;
const NOTICE_LIFE = 72 * HOUR;
const ERASURE_LIFE = 7 * 24 * HOUR;

/** A mail that the notifier must send, or must cancel or expire. */
export interface ExpectedMail {
  readonly event: LatchkeyEvent;
  readonly mail: string;
  readonly to: string;
  /** The time from which on the mail must not be sent, in ms since the beginning. */
  readonly until: number;
  /** When an event superseded the mail, in ms since the beginning. */
  supersededAt?: number;
}

/** An event of a story, and the mails that it requires. */
export interface StoryEvent {
  /** The time of the event, in ms since the beginning. */
  readonly at: number;
  readonly event: LatchkeyEvent;
  readonly owed: readonly ExpectedMail[];
}

interface Person {
  signsUp(at: number): Promise<StoryEvent>;
  /** A person signs up with an address that another account has verified. */
  signsUpInVain(at: number): Promise<StoryEvent>;
  asksForLink(at: number): Promise<StoryEvent>;
  verifies(at: number): Promise<StoryEvent>;
  asksForReset(at: number): Promise<StoryEvent>;
  /**
   * The person requests a password reset although the address is not verified yet, which causes the mail
   * `choose-password`.
   */
  choosesPassword(at: number): Promise<StoryEvent>;
  changesPassword(at: number): Promise<StoryEvent>;
  becomesAdmin(at: number): Promise<StoryEvent>;
  /** All sessions of the person end, because an old refresh token was used again. */
  isSignedOut(at: number): Promise<StoryEvent>;
  endsRegistration(at: number): Promise<StoryEvent>;
  isDisabled(at: number): Promise<StoryEvent>;
  asksForErasure(at: number): Promise<StoryEvent>;
  /** The person cancels the erasure of the account. */
  cancelsErasure(at: number): Promise<StoryEvent>;
  signsInElsewhere(at: number): Promise<StoryEvent>;
  /** The account is locked, because too many wrong passwords were entered for it. */
  isLockedOut(at: number): Promise<StoryEvent>;
}

type Deed = keyof Person;
/** The actions of one person, each with the minute in which it happens. */
type Story = readonly (readonly [minute: number, deed: Deed])[];

/**
 * Stories that together cause every kind of mail. Some of them also contain an event that supersedes a mail.
 */
const STORIES: readonly Story[] = [
  [[0, 'signsUp']],
  [
    [0, 'signsUp'],
    [7, 'asksForLink'],
  ],
  [
    [0, 'signsUp'],
    [25, 'verifies'],
  ],
  [
    [0, 'signsUp'],
    [20, 'endsRegistration'],
  ],
  [[0, 'signsUpInVain']],
  [[0, 'asksForReset']],
  [
    [0, 'asksForReset'],
    [9, 'asksForReset'],
  ],
  [
    [0, 'asksForReset'],
    [12, 'changesPassword'],
  ],
  [[0, 'choosesPassword']],
  [[0, 'becomesAdmin']],
  [[0, 'isSignedOut']],
  [[0, 'signsInElsewhere']],
  [[0, 'isLockedOut']],
  [
    [0, 'changesPassword'],
    [15, 'isDisabled'],
  ],
  [
    [0, 'asksForReset'],
    [10, 'asksForErasure'],
  ],
  [
    [0, 'asksForErasure'],
    [14, 'cancelsErasure'],
  ],
];
const LONGEST_STORY = 25 * MINUTE;

function createPerson(name: string, begin: number, key: SealingKey): Person {
  const subject = randomUUID();
  const person = { email: `${name}@example.com`, username: name };
  const locale = 'en';
  const open = new Set<ExpectedMail>();
  let sequence = 0;

  function next(at: number): EventOverrides {
    sequence += 1;
    return { subject, sequence, time: new Date(begin + at).toISOString() };
  }
  function link(purpose: LinkPurpose, at: number, life: number) {
    return key.seal({
      purpose,
      to: person.email,
      userId: subject,
      expiresAt: new Date(begin + at + life).toISOString(),
    });
  }
  function supersede(at: number, isReached: (mail: string) => boolean): void {
    for (const owed of open) if (isReached(owed.mail)) owed.supersededAt ??= at;
  }
  function owing(at: number, event: LatchkeyEvent, mail: string, life: number): StoryEvent {
    const owed: ExpectedMail = { event, mail, to: person.email, until: at + life };
    open.add(owed);
    return { at, event, owed: [owed] };
  }
  function isVerification(mail: string) {
    return mail === 'verify-email';
  }
  function isReset(mail: string) {
    return mail === 'reset-password' || mail === 'choose-password';
  }
  function isLink(mail: string) {
    return isVerification(mail) || isReset(mail);
  }

  return {
    async signsUp(at) {
      const verification = await link('verification', at, VERIFICATION_LIFE);
      const event = createTestEvent(
        'UserRegistered',
        { role: 'user', locale, person, verification },
        next(at),
      );
      return owing(at, event, 'verify-email', VERIFICATION_LIFE - LINK_MARGIN);
    },
    async signsUpInVain(at) {
      const event = createTestEvent('UserRegistered', { role: 'user', locale, person }, next(at));
      return owing(at, event, 'account-exists', NOTICE_LIFE);
    },
    async asksForLink(at) {
      supersede(at, isVerification);
      const verification = await link('verification', at, VERIFICATION_LIFE);
      const event = createTestEvent('VerificationRequested', { locale, person, verification }, next(at));
      return owing(at, event, 'verify-email', VERIFICATION_LIFE - LINK_MARGIN);
    },
    async verifies(at) {
      supersede(at, isVerification);
      return owing(
        at,
        createTestEvent('AccountVerified', { locale, person }, next(at)),
        'welcome',
        NOTICE_LIFE,
      );
    },
    async asksForReset(at) {
      supersede(at, isReset);
      const reset = await link('reset', at, RESET_LIFE);
      const event = createTestEvent(
        'PasswordResetRequested',
        { locale, person, reset, verifies: false },
        next(at),
      );
      return owing(at, event, 'reset-password', RESET_LIFE - LINK_MARGIN);
    },
    async choosesPassword(at) {
      const reset = await link('reset', at, RESET_LIFE);
      const event = createTestEvent(
        'PasswordResetRequested',
        { locale, person, reset, verifies: true },
        next(at),
      );
      return owing(at, event, 'choose-password', RESET_LIFE - LINK_MARGIN);
    },
    async changesPassword(at) {
      supersede(at, isLink);
      const event = createTestEvent('PasswordChanged', { how: 'change', locale, person }, next(at));
      return owing(at, event, 'password-changed', NOTICE_LIFE);
    },
    async becomesAdmin(at) {
      const change = { role: 'admin', previousRole: 'user', changedBy: 'ops', locale, person } as const;
      return owing(at, createTestEvent('RoleChanged', change, next(at)), 'role-changed', NOTICE_LIFE);
    },
    async isSignedOut(at) {
      const event = createTestEvent('SessionsRevoked', { reason: 'refresh-reuse', locale, person }, next(at));
      return owing(at, event, 'sessions-ended', NOTICE_LIFE);
    },
    async endsRegistration(at) {
      supersede(at, () => true);
      return { at, event: createTestEvent('RegistrationEnded', { reason: 'rejected' }, next(at)), owed: [] };
    },
    async isDisabled(at) {
      supersede(at, () => true);
      const event = createTestEvent('AccountDisabled', { changedBy: 'ops', locale, person }, next(at));
      return owing(at, event, 'account-disabled', NOTICE_LIFE);
    },
    async asksForErasure(at) {
      supersede(at, () => true);
      const undo = await link('erasure', at, ERASURE_LIFE);
      const data = {
        ...{ requestedBy: subject, locale, eraseAt: undo.expiresAt },
        person: { ...person, undo },
      };
      const event = createTestEvent('AccountErasureRequested', data, next(at));
      return owing(at, event, 'erase-account', ERASURE_LIFE - LINK_MARGIN);
    },
    async cancelsErasure(at) {
      supersede(at, (mail) => mail === 'erase-account');
      const data = { canceledBy: subject, disabled: false };
      return { at, event: createTestEvent('AccountErasureCanceled', data, next(at)), owed: [] };
    },
    async signsInElsewhere(at) {
      const alert = { reason: 'new-sign-in', locale, person: { ...person, system: 'Linux' } } as const;
      return owing(at, createTestEvent('OwnerAlerted', alert, next(at)), 'new-sign-in', NOTICE_LIFE);
    },
    async isLockedOut(at) {
      const event = createTestEvent('OwnerAlerted', { reason: 'locked-out', locale, person }, next(at));
      return owing(at, event, 'locked-out', NOTICE_LIFE);
    },
  };
}

/** Returns a mailing by an admin to three people. */
function mailing(name: string, at: number, begin: number): StoryEvent {
  const recipients = ['a', 'b', 'c'].map((letter) => `${name}-${letter}@example.com`);
  const data = { template: 'welcome', requestedBy: randomUUID(), person: { recipients } } as const;
  const event = createTestEvent('MailRequested', data, { time: new Date(begin + at).toISOString() });
  const owed = recipients.map((to) => ({ event, mail: data.template, to, until: at + NOTICE_LIFE }));
  return { at, event, owed };
}

export interface StoryOptions {
  readonly key: SealingKey;
  /** The beginning of the stories, from which times in ms are counted. */
  readonly begin: Date;
  /** How often each story is repeated, each time by a different person. */
  readonly times: number;
  /**
   * The length of the period in which all stories take place, in ms. The stories begin at regular
   * intervals.
   */
  readonly within: number;
}

/**
 * Plays every story `times` times, each time with a new person, and returns the resulting events in the order
 * of their times. The stories begin at regular intervals, and may overlap.
 */
export async function runEventStories({
  key,
  begin,
  times,
  within,
}: StoryOptions): Promise<readonly StoryEvent[]> {
  const happenings: StoryEvent[] = [];
  const many = times * (STORIES.length + 1);
  for (let told = 0; told < many; told += 1) {
    const from = Math.round(((within - LONGEST_STORY) * told) / many);
    const story = STORIES[told % (STORIES.length + 1)];
    if (story === undefined) happenings.push(mailing(`mailing${told}`, from, begin.getTime()));
    const person = createPerson(`somebody${told}`, begin.getTime(), key);
    for (const [minute, deed] of story ?? []) happenings.push(await person[deed](from + minute * MINUTE));
  }
  return happenings.toSorted((a, b) => a.at - b.at);
}

/**
 * Returns the state in which a mail must end if the mail server is down from the beginning until `back`.
 * @param back in ms since the beginning
 */
export function computeExpectedMailState(
  { until, supersededAt = Number.POSITIVE_INFINITY }: ExpectedMail,
  back: number,
) {
  if (supersededAt < Math.min(until, back)) return 'cancelled';
  return until <= back ? 'expired' : 'sent';
}
