/** What the next record of an account does to it. */
import type { Decoded } from '@latchkey/events';
import { type Account, sequenceOf } from './account.ts';
import type { Profile } from './profile.ts';
import { passOver, project } from './project.ts';

/** A record of the topic, decoded, and where it stands. */
export interface PlacedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly decoded: Decoded;
}

/** A record whose key tells its account. */
export type AccountRecord = PlacedRecord & { readonly decoded: Exclude<Decoded, { kind: 'unusable' }> };

/** `held back`: its account is parked already. */
export type Effect = 'applied' | 'duplicate' | 'parked' | 'held back';

export interface Step {
  readonly account: Account;
  readonly effect: Effect;
}

/** Applies what comes next, skips what was applied, parks the account where something is missing or unreadable. */
export function applyRecord(account: Account, record: AccountRecord): Step {
  const { decoded } = record;
  if (account.parked !== undefined) return { account, effect: 'held back' };
  if (decoded.kind === 'undecodable') return park(account, record, decoded.cause);

  const last = sequenceOf(account);
  const { sequence } = envelopeOf(decoded);
  if (sequence <= last) return { account, effect: 'duplicate' };
  if (sequence > last + 1) return park(account, record, `event ${sequence} came where ${last + 1} was due`);

  const profile = next(account.profile, decoded);
  if (profile === undefined) return park(account, record, misplaced(decoded, sequence));
  return { account: { id: account.id, profile }, effect: 'applied' };
}

export function subjectOf({ decoded }: AccountRecord): string {
  return decoded.kind === 'undecodable' ? decoded.subject : envelopeOf(decoded).subject;
}

type Readable = Exclude<AccountRecord['decoded'], { kind: 'undecodable' }>;

export function envelopeOf(decoded: Readable) {
  return decoded.kind === 'event' ? decoded.event : decoded.envelope;
}

/** Undefined where an account would begin with anything but UserRegistered, or have a second one. */
function next(profile: Profile | undefined, decoded: Readable): Profile | undefined {
  const registers = decoded.kind === 'event' && decoded.event.type === 'UserRegistered';
  if (registers !== (profile === undefined)) return undefined;
  if (decoded.kind === 'event') return project(profile, decoded.event);
  return profile && passOver(profile, decoded.envelope);
}

function misplaced(decoded: Readable, sequence: number): string {
  const type = decoded.kind === 'event' ? decoded.event.type : 'an unknown type';
  return `event ${sequence} is ${type}, which cannot stand there`;
}

function park(account: Account, { partition, offset }: PlacedRecord, cause: string): Step {
  return {
    account: {
      ...account,
      parked: { account: account.id, partition, offset, after: sequenceOf(account), cause },
    },
    effect: 'parked',
  };
}
