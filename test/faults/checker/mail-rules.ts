/** Compares the mails that events require with two records: that of the mail server, and the notifier's deliveries. */
import type { FaultLine, MailLine } from '../run-folder.ts';
import { hasFaultDuring, STORE_FAULT_TARGETS } from './faults.ts';
import type { Journal, JournalEvent } from './journal.ts';
import { createViolations, type Violation } from './report.ts';
import {
  computeRequiredMails,
  listMailsSupersededBy,
  type RequiredMail,
  type SupersededMailKind,
  supersedesMail,
} from './required-mails.ts';
import type { DeliveryAttempt, StoredCutoffs, StoredDelivery } from './stored.ts';

export interface MailContext {
  readonly journal: Journal;
  readonly mails: readonly MailLine[];
  readonly deliveries: readonly StoredDelivery[];
  readonly faults: readonly FaultLine[];
  /**
   * Maps the name that a process records with each of its attempts to the name of the process in the run,
   * such as `notifier-1`. Contains every process that sends mails.
   */
  readonly senders: Readonly<Record<string, string>>;
}

/** An attempt that the notifier has recorded, with the name of its sender. */
interface SentAttempt extends DeliveryAttempt {
  readonly by: string | undefined;
}

/** A mail that the events require, with everything that is known about it. */
interface Story {
  readonly required: RequiredMail;
  readonly delivery: StoredDelivery | undefined;
  /** The arrivals of the mail at the mail server, in order; more than one if the mail was duplicated. */
  readonly arrivals: readonly MailLine[];
  readonly attempts: readonly SentAttempt[];
  /** Later events of the account that supersede the mail. */
  readonly supersededBy: readonly JournalEvent[];
}

export interface MailCounts {
  /** The number of mails that the events required. */
  readonly required: number;
  readonly sent: number;
  readonly cancelled: number;
  readonly expired: number;
  readonly failed: number;
  readonly duplicates: number;
}

/** Counts the mails by outcome. Each mail has one outcome, however many copies of it arrived. */
export function countMails(context: MailContext): MailCounts {
  const stories = storiesIn(context);
  function ended(state: string) {
    return stories.filter((story) => !isAccepted(story) && story.delivery?.state === state).length;
  }
  return {
    required: stories.length,
    sent: stories.filter(isAccepted).length,
    cancelled: ended('cancelled'),
    expired: ended('expired'),
    failed: ended('failed'),
    duplicates: stories.reduce(
      (sum, { arrivals }) => sum + Math.max(0, arrivals.filter(isAcceptedMail).length - 1),
      0,
    ),
  };
}

export function checkMails(context: MailContext): readonly Violation[] {
  const stories = storiesIn(context);
  return [
    ...checkStrangers(context, stories),
    ...stories.flatMap((story) => [
      ...checkFate(story, context.faults),
      ...checkStale(story),
      ...checkDuplicates(story, context.faults),
    ]),
    ...checkSuperseded(stories, context.faults),
  ];
}

function storiesIn({ journal, mails, deliveries, senders }: MailContext): readonly Story[] {
  const byId = new Map(deliveries.map((delivery) => [delivery._id, delivery]));
  const arrivals = Map.groupBy(mails, getDeliveryIdOfMail);
  return computeRequiredMails(journal).map((required) => ({
    required,
    delivery: byId.get(required.id),
    attempts: (byId.get(required.id)?.attempts ?? []).map((attempt) => ({
      ...attempt,
      by: senders[attempt.sender ?? ''],
    })),
    arrivals: (arrivals.get(required.id) ?? []).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at)),
    supersededBy: (journal.events.get(required.event.subject) ?? []).filter((event) =>
      supersedesMail(event, required),
    ),
  }));
}

export function getDeliveryIdOfMail({ messageId }: MailLine): string {
  return /^<?([^@>]*)@/.exec(messageId)?.[1] ?? messageId;
}

export function isAcceptedMail({ said }: MailLine): boolean {
  return said === '250' || said === '250-lost';
}
function isAccepted({ arrivals }: Story): boolean {
  return arrivals.some(isAcceptedMail);
}

function nameOf({ required: { mail, event } }: Story): string {
  return `${mail} of event ${event.sequence} of ${event.subject}`;
}

/**
 * Checks that every mail and every delivery is required by an event, and that every mail was sent to the
 * recipient that its event requires.
 */
function checkStrangers({ mails, deliveries }: MailContext, stories: readonly Story[]): readonly Violation[] {
  const required = new Map(stories.map((story) => [story.required.id, story]));
  const strangers = mails.filter((mail) => !required.has(getDeliveryIdOfMail(mail)));
  const invented = deliveries.filter(({ _id }) => !required.has(_id));
  const misdirected = mails.filter((mail) => {
    const to = required.get(getDeliveryIdOfMail(mail))?.required.to;
    return to !== undefined && (mail.to.length !== 1 || mail.to[0]?.toLowerCase() !== to.toLowerCase());
  });
  return [
    ...strangers.flatMap(({ messageId }) =>
      createViolations('mails', `${messageId} is required by no event`),
    ),
    ...invented.flatMap(({ _id, eventId }) =>
      createViolations('mails', `delivery ${_id} of event ${eventId} is required by no event`),
    ),
    ...misdirected.flatMap(({ messageId }) =>
      createViolations('mails', `${messageId} went to a wrong recipient`),
    ),
  ];
}

/** Checks that each mail was accepted at least once, or that there is a recorded reason why it was not. */
function checkFate(story: Story, faults: readonly FaultLine[]): readonly Violation[] {
  const { delivery } = story;
  const state = delivery?.state ?? 'not recorded';
  if (isAccepted(story) && ENDED.has(state)) return [];
  if (isAccepted(story)) return createViolations('mails', `${nameOf(story)} was accepted, but is ${state}`);
  if (delivery !== undefined && isExcused[state]?.(story, delivery, faults)) return [];
  return createViolations('mails', `${nameOf(story)} was never accepted, but is ${state}`);
}

const ENDED: ReadonlySet<string> = new Set(['sent', 'cancelled', 'expired', 'failed']);

/**
 * For each final state of a delivery: returns whether there is a good reason that its mail was never
 * accepted.
 */
const isExcused: Readonly<
  Record<string, (story: Story, delivery: StoredDelivery, faults: readonly FaultLine[]) => boolean>
> = {
  cancelled: (story) => story.supersededBy.length > 0,
  expired: ({ required }, { endedAt }) => endedAt !== undefined && endedAt.getTime() >= required.sendUntil,
  failed: ({ arrivals, supersededBy }, { reason, attempts, endedAt }, faults) => {
    const last = attempts.at(-1);
    if (reason !== 'refused') return false;
    const isErased = supersededBy.some(({ type }) => type === 'AccountErased');
    if (isErased && last === undefined && endedAt !== undefined) {
      // An erasure deletes the attempts. The last attempt can have begun at most TRY_MS before the delivery
      // ended.
      return isHitInTry(faults, { at: new Date(endedAt.getTime() - TRY_MS), ms: TRY_MS });
    }
    if ((last?.code ?? 0) < 500) return false;
    return arrivals.some(({ said }) => said === '5xx') || (last !== undefined && isHitInTry(faults, last));
  },
};

/**
 * Returns whether a fault of the mail server overlaps an attempt. If the mail server refuses a mail before
 * its content was sent, it keeps no record of the mail, so only the faults can explain the refusal.
 */
function isHitInTry(faults: readonly FaultLine[], { at, ms }: Pick<DeliveryAttempt, 'at' | 'ms'>): boolean {
  return hasFaultDuring(faults, { from: at.getTime(), to: at.getTime() + ms }, ['smtp']);
}

function checkStale(story: Story): readonly Violation[] {
  const { expiresAt = Number.POSITIVE_INFINITY } = story.required;
  return story.arrivals
    .filter(({ at }) => Date.parse(at) >= expiresAt)
    .flatMap(({ at }) =>
      createViolations('stale mails', `${nameOf(story)} came at ${at}, when its link had expired`),
    );
}

/** The servers that every sender of mails needs to get a mail accepted and to record the acceptance. */
const SHARED_BY_SENDERS = [...STORE_FAULT_TARGETS, 'smtp'];
/** The time within which a sender records that a mail was accepted, in ms, if no fault happens. */
const RECORDED_WITHIN_MS = 10_000;

/**
 * Checks that each repeated copy of a mail has a reason. After the mail server has accepted a copy, the mail
 * may be sent again only in these cases:
 * - The reply to the copy was lost.
 * - While the copy was accepted and recorded, a fault hit its sender, or a server that the sender needs to
 *   record the acceptance.
 *
 * The copy whose acceptance is recorded needs no reason, because the mail is not sent again after that. Mails
 * with different Message-IDs are not copies of each other.
 */
function checkDuplicates(story: Story, faults: readonly FaultLine[]): readonly Violation[] {
  const recorded = findRecordedCopy(story);
  return story.arrivals.flatMap((copy, index) => {
    if (!isAcceptedMail(copy) || copy === recorded || copy.said === '250-lost') return [];
    const next = story.arrivals[index + 1];
    const other = next ?? recorded;
    if (other === undefined) return [];
    const accepted = Date.parse(copy.answeredAt);
    const span = {
      from: Date.parse(copy.at),
      to: Math.min(accepted + RECORDED_WITHIN_MS, next === undefined ? Infinity : Date.parse(next.at)),
    };
    if (hasFaultDuring(faults, span, [copy.by, ...SHARED_BY_SENDERS])) return [];
    return createViolations(
      'duplicate mails',
      `${nameOf(story)} was accepted from ${copy.by} at ${copy.answeredAt}, which was not recorded, and came from ${other.by} at ${other.at}`,
    );
  });
}

/**
 * Returns the copy of a mail that the log of attempts records as accepted. If its sender has sent several
 * copies, it is the last one with a reply, because nothing is sent again after the acceptance is recorded.
 */
function findRecordedCopy({ attempts, arrivals }: Story): MailLine | undefined {
  const accepted = attempts.find(({ result }) => result === 'accepted');
  return arrivals.findLast(({ by, said }) => said === '250' && by === accepted?.by);
}

/**
 * The longest time from the start of a claim to the attempt to send the claimed mail, in ms. In between, the
 * claim reads the cutoffs.
 */
const CLAIM_MS = 5000;
/**
 * The longest time that an attempt can take, in ms. The mail server of a run always responds or closes the
 * connection within this time.
 */
const TRY_MS = 60_000;

/**
 * Checks that no mail was claimed after a cutoff that supersedes it was stored. The stores contain neither of
 * these two times, so both are estimated:
 * - The cutoff is stored before the deliveries of its own event, so it existed when the first of these
 *   deliveries was attempted or arrived at the mail server. If its event requires no mail, the time is
 *   unknown, and the cutoff is not checked.
 * - The claim takes a delivery and then reads the cutoffs. The attempt begins (`at`) at most CLAIM_MS after
 *   the start of the claim, unless the notifier was stopped or a fault hit its store. If the mail arrived,
 *   its attempt began at most TRY_MS before the arrival.
 *
 * A mail is therefore reported if its attempt began more than CLAIM_MS after the cutoff, or if it arrived
 * more than CLAIM_MS + TRY_MS after the cutoff. Smaller delays are not detected. The times of attempts come
 * from the sender's clock. If a fault may have set that clock, the check tolerates an error of
 * CLOCK_ERROR_MS.
 */
function checkSuperseded(stories: readonly Story[], faults: readonly FaultLine[]): readonly Violation[] {
  const byEvent = Map.groupBy(stories, ({ required }) => required.event.id);
  // Ignore kills of the sender, because a killed sender cannot make a late attempt.
  const delays = faults.filter(({ fault }) => !fault.startsWith('kill-'));
  return stories.flatMap((story) => {
    const known = Math.min(
      ...story.supersededBy
        .flatMap(({ id }) => byEvent.get(id) ?? [])
        .map((other) => firstSignOf(other, faults)),
    );
    if (known === Number.POSITIVE_INFINITY) return [];
    const tries = story.attempts.map((attempt) => ({
      claimed: attempt.at.getTime() - CLAIM_MS - clockErrorOf(attempt, faults),
      by: attempt.by,
    }));
    const arrivals = story.arrivals.map(({ at, by }) => ({
      claimed: Date.parse(at) - CLAIM_MS - TRY_MS,
      by,
    }));
    const isLate = [...tries, ...arrivals].some(
      ({ claimed, by }) =>
        claimed > known &&
        !hasFaultDuring(delays, { from: known, to: claimed + CLAIM_MS }, [by ?? '', ...STORE_FAULT_TARGETS]),
    );
    if (!isLate) return [];
    return createViolations(
      'superseded mails',
      `${nameOf(story)} was claimed although what supersedes it was stored`,
    );
  });
}

/** The maximum error of a clock, in ms. It is larger than the offset that any fault gives a clock. */
const CLOCK_ERROR_MS = 60_000;

/** Returns the maximum error of the time of an attempt, which comes from the clock of its sender, in ms. */
function clockErrorOf({ at, by }: SentAttempt, faults: readonly FaultLine[]): number {
  const span = { from: at.getTime() - CLOCK_ERROR_MS, to: at.getTime() + CLOCK_ERROR_MS };
  return hasFaultDuring(faults, span, [`clock-of-${by}`]) ? CLOCK_ERROR_MS : 0;
}

function firstSignOf({ attempts, arrivals }: Story, faults: readonly FaultLine[]): number {
  return Math.min(
    ...attempts.map((attempt) => attempt.at.getTime() + clockErrorOf(attempt, faults)),
    ...arrivals.map(({ at }) => Date.parse(at)),
  );
}

/**
 * Checks that each account has exactly the cutoffs that its events require. A cutoff never decreases. The first event of
 * an account creates no cutoff, because it has no earlier mails to cancel.
 */
export function checkCutoffs(journal: Journal, stored: readonly StoredCutoffs[]): readonly Violation[] {
  const found = new Map(stored.map(({ _id, before }) => [_id, before]));
  return [...new Set([...journal.events.keys(), ...found.keys()])].flatMap((id) => {
    const due = cutoffsOf(journal.events.get(id) ?? []);
    const got = new Map(Object.entries(found.get(id) ?? {}));
    const names = new Set([...due.keys(), ...got.keys()]);
    return [...names]
      .filter((what) => due.get(what) !== got.get(what))
      .flatMap((what) =>
        createViolations('cutoffs', `${id}: ${what} before ${got.get(what)} instead of ${due.get(what)}`),
      );
  });
}

function cutoffsOf(events: readonly JournalEvent[]): ReadonlyMap<string, number> {
  return new Map(
    events
      .filter(({ sequence }) => sequence > 1)
      .flatMap((event) =>
        listMailsSupersededBy(event).map((what: SupersededMailKind) => [what, event.sequence] as const),
      ),
  );
}
