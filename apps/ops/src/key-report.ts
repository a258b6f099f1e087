/** Determines which keys a system has, and which stored data still needs each key. */

import { openAuthOps } from '@latchkey/auth/ops';
import {
  type KeyKind,
  keyKinds,
  keySettingNames,
  type ListedKey,
  listKeys,
  type StoredSecrets,
  UNNAMED_KEY_ID,
} from '@latchkey/auth/secrets';
import type { Store } from '@latchkey/backend';
import { openNotifierOps } from '@latchkey/notifier/ops';
import { DAY_MS } from '@latchkey/process';
import type { KeyUse } from '@latchkey/store';
import { getSealingKeyId, isSealedSecret, openWebhookStorage } from '@latchkey/webhooks';
import { formatCount } from './output/progress.ts';
import { countUnsentLinksByKey } from './unsent-links.ts';

export type ReportedKeyKind = KeyKind | 'cost';

export interface KeyReport {
  readonly kind: ReportedKeyKind;
  readonly id: string;
  /** The algorithm of the key as JOSE names it; undefined for kinds of keys that JOSE has no name for. */
  readonly algorithm?: string;
  /**
   * The state of a key. `current`: used for all new data. `next`: accepted by processes, but not used for
   * new data yet. `former`: used as the current key earlier. `public`: only the public part of the key is
   * left, which verifies signatures.
   */
  readonly state: 'current' | 'next' | 'former' | 'public';
  /** The time at which a process first started with this key as the current key. */
  readonly since?: Date;
  /** Why the key cannot be retired; empty if it can be retired. */
  readonly needs: readonly string[];
  /**
   * Whether `--force` can retire the key although some stored data still needs it. False if the user
   * service would refuse to start without the key.
   */
  readonly canBeForced: boolean;
  /** Identifies the store's record of when this key was used. */
  readonly remembered: {
    readonly setting: string;
    readonly key: string;
    /** The recorded uses of all keys of this setting. */
    readonly uses: readonly KeyUse[];
  };
}

/**
 * For each kind of key, maps the id of a key to a description of the stored data that still needs the key.
 * For some kinds, no stored data is checked, because a former key can be retired at a certain age; their
 * map is empty.
 */
type Needs = Readonly<Record<ReportedKeyKind, ReadonlyMap<string, string>>>;

/**
 * How long access tokens are valid and security events are kept. A key is needed for as long as data that
 * was created with it.
 */
export interface TokenAndAuditLifetimes {
  /** How long access tokens are valid. */
  readonly accessTokenMinutes: number;
  /** How long security events are kept. */
  readonly auditDays: number;
}

/**
 * How many days a key is needed after the last mail that used it was sent. Mail servers stop retrying after five days
 * (RFC 5321, 4.5.4.1), and complaints about mails arrive some days later.
 */
const MAIL_DAYS = 10;

/** For each kind of key, the name of the setting under which the stores record when its keys were used. */
const REMEMBERED = {
  ...keySettingNames,
  // auth uses only the public part of the sealing key, so the use of the key is recorded under the name of
  // the setting for the public part.
  sealing: 'SEALING_PUBLIC_KEY',
  cost: 'HASH_COSTS',
} as const satisfies Readonly<Record<ReportedKeyKind, string>>;

const NOT_STARTED = 'no process has started with the current key yet';
const SIGNS = 'it is in use';

/** Reports on all keys. The current key of each kind comes first. Reads the whole journal. */
export async function createKeyReports(
  store: Store,
  secrets: StoredSecrets,
  { now, ...lifetimes }: TokenAndAuditLifetimes & { readonly now: Date },
): Promise<readonly KeyReport[]> {
  const auth = openAuthOps(store);
  const uses = {
    ...(await auth.keys.list()),
    ...(await openNotifierOps(store).keys.list()),
    ...(await openWebhookStorage(store).keyFingerprints.list()),
  };
  const needs = await needsOf(store, now);
  function sinceOf(kind: ReportedKeyKind, key: string): Date | undefined {
    return uses[REMEMBERED[kind]]?.find((use) => use.key === key)?.since;
  }

  function reports(kind: ReportedKeyKind, keys: readonly ListedKey[]): readonly KeyReport[] {
    const [current] = keys;
    const currentSince = current && sinceOf(kind, current.remembered);
    return keys.map((each): KeyReport => {
      const since = sinceOf(kind, each.remembered);
      const state = stateOf(each, current, since);
      const depends = needs[kind].get(each.id);
      return {
        kind,
        id: each.id,
        ...(each.algorithm !== undefined && { algorithm: each.algorithm }),
        state,
        ...(since && { since }),
        remembered: {
          setting: REMEMBERED[kind],
          key: each.remembered,
          uses: uses[REMEMBERED[kind]] ?? [],
        },
        canBeForced: kind !== 'webhooks' || depends === undefined,
        needs: [
          ...(state === 'current' ? [SIGNS] : []),
          ...(state === 'public' ? ['events that it signed are kept'] : []),
          ...(currentSince === undefined && wasUsed(kind, state) ? [NOT_STARTED] : []),
          ...(currentSince !== undefined && wasUsed(kind, state)
            ? neededUntil(kind, currentSince, now, lifetimes)
            : []),
          ...(depends === undefined || state === 'current' ? [] : [depends]),
        ],
      };
    });
  }

  const costs = (uses[REMEMBERED.cost] ?? []).map(({ key }) => ({
    id: key,
    remembered: key,
    isPrivate: true,
  }));
  return [...keyKinds.flatMap((kind) => reports(kind, listKeys(kind, secrets))), ...reports('cost', costs)];
}

function stateOf(
  key: ListedKey,
  current: ListedKey | undefined,
  since: Date | undefined,
): KeyReport['state'] {
  if (key === current) return 'current';
  if (!key.isPrivate) return 'public';
  return since === undefined ? 'next' : 'former';
}

/**
 * The kinds of keys for which earlier releases did not record when a key was used. Former keys of these
 * kinds may therefore appear as `next`.
 */
const UNRECORDED: ReadonlySet<ReportedKeyKind> = new Set(['bounces', 'dkim', 'webhooks']);

/** Returns whether a key that is not the current key may have been the current key earlier. */
function wasUsed(kind: ReportedKeyKind, state: KeyReport['state']): boolean {
  return state === 'former' || (state === 'next' && UNRECORDED.has(kind));
}

/**
 * Returns what still needs a former key, and how long the key is needed. Empty if nothing needs the key.
 * @param since when the current key was first used. The former key was not used after this time
 */
function neededUntil(
  kind: ReportedKeyKind,
  since: Date,
  now: Date,
  { accessTokenMinutes, auditDays }: TokenAndAuditLifetimes,
): readonly string[] {
  function until(ms: number, what: string): readonly string[] {
    const end = new Date(since.getTime() + ms);
    return now < end ? [`${what} until ${end.toISOString()}`] : [];
  }
  switch (kind) {
    case 'signing':
      return until(accessTokenMinutes * 60_000, 'access tokens that it signed are valid');
    case 'audit':
      return until(auditDays * DAY_MS, 'security events with its pseudonyms are kept');
    case 'bounces':
      return until(MAIL_DAYS * DAY_MS, 'reports about mails with its return paths may come');
    case 'dkim':
      return until(MAIL_DAYS * DAY_MS, 'mails that it signed may be in transit');
    default:
      return [];
  }
}

async function needsOf(store: Store, now: Date): Promise<Needs> {
  const auth = openAuthOps(store);
  const notifier = openNotifierOps(store);
  const [hashes, sessions, links, endpoints] = await Promise.all([
    auth.keys.countHashes(now),
    auth.keys.countSessions(now),
    countUnsentLinksByKey(auth.journal, notifier.deliveries, now),
    openWebhookStorage(store).endpoints.list(),
  ]);
  const sealedSecrets = endpoints
    .flatMap(({ secrets }) => secrets.map(({ secret }) => secret))
    .filter(isSealedSecret);
  const accounts = (entries: readonly (readonly [string, number])[]) => described(summed(entries), 'account');
  return {
    signing: new Map(),
    events: new Map(),
    sealing: described(links, 'link that is not mailed yet', 'links that are not mailed yet'),
    refresh: described(new Map([...sessions].map(([kid = UNNAMED_KEY_ID, many]) => [kid, many])), 'session'),
    salt: accounts(hashes.map(({ kid = UNNAMED_KEY_ID, accounts: many }) => [kid, many])),
    webhooks: described(
      summed(sealedSecrets.map((secret) => [getSealingKeyId(secret) ?? UNNAMED_KEY_ID, 1])),
      'secret of a webhook',
      'secrets of webhooks',
    ),
    bounces: new Map(),
    audit: new Map(),
    dkim: new Map(),
    cost: accounts(hashes.map(({ cost, accounts: many }) => [cost, many])),
  };
}

function summed(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const [id, many] of entries) sums.set(id, (sums.get(id) ?? 0) + many);
  return sums;
}

function described(
  counts: ReadonlyMap<string, number>,
  one: string,
  several?: string,
): ReadonlyMap<string, string> {
  return new Map([...counts].map(([id, many]) => [id, formatCount(many, one, several)]));
}
