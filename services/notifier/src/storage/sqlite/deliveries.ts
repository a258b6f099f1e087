/** Deliveries in the embedded store. */
import { type Database, mapSqliteErrors, type SqliteRow, type WriteOptions } from '@latchkey/sqlite';
import type { HeldLease } from '@latchkey/store';
import type { DeliveryOutcome } from '../../delivery/attempt.ts';
import {
  type ClaimedDelivery,
  type DeliveriesAndCutoffs,
  type DeliveryAttempt,
  type DeliveryState,
  deliveryStates,
  type MailCutoff,
  type NewDelivery,
} from '../../delivery/delivery.ts';
import {
  type ClaimDeliveriesRequest,
  compareDeliveriesNewestFirst,
  type DeliveryPosition,
  type DeliveryStore,
  hasReport,
  MAX_DUE_TIME_AHEAD_MS,
  MAX_KEPT_DELIVERY_ATTEMPTS,
  MAX_LISTED_DELIVERY_LEASES,
  type NewDeliveriesClaim,
  type RecordedDeliveries,
} from '../../ports/deliveries.ts';
import { claimedDeliveryFromRow, deliveryAttemptsFromRow, deliverySummaryFromRow } from './rows.ts';

/** Matches deliveries whose mail must not be sent because of a cutoff of their account or mailing. */
const COVERED = `EXISTS (
  SELECT 1 FROM notifier_cutoffs AS c
  WHERE c.subject = d.subject AND d.sequence < c.before AND c.what IN ('everything', d.purpose))`;

/**
 * Matches pending deliveries that may be claimed: their due time has passed, or is further ahead than
 * MAX_DUE_TIME_AHEAD_MS and must therefore be wrong.
 */
const DUE = `state = 'pending' AND due_at IS NOT NULL AND (due_at <= :now OR due_at > :now + ${MAX_DUE_TIME_AHEAD_MS})`;

/**
 * Forces SQLite to use the index on `send_until`. SQLite would otherwise choose the index on states, and read
 * all pending deliveries.
 */
const OPEN = 'INDEXED BY notifier_deliveries_open';

const ENDED = 'due_at = NULL, owner = NULL, content = NULL';

const SQL = {
  raiseCutoff: `
    INSERT INTO notifier_cutoffs (subject, what, before) VALUES (:subject, :what, :before)
    ON CONFLICT DO UPDATE SET before = max(before, excluded.before)`,
  insert: `
    INSERT INTO notifier_deliveries (id, event_id, subject, sequence, mail, locale, correlation_id,
      occurred_at, send_until, purpose, content, state, due_at)
    VALUES (:id, :eventId, :subject, :sequence, :mail, :locale, :correlationId,
      :occurredAt, :sendUntil, :purpose, :content, 'pending', min(:occurredAt, :now))
    ON CONFLICT DO NOTHING`,
  takeNew: `
    UPDATE notifier_deliveries SET state = 'claimed', owner = :owner, due_at = :dueAt
    WHERE id = :id AND state = 'pending'`,
  cancelSuperseded: `
    UPDATE notifier_deliveries AS d SET state = 'cancelled', ended_at = :now, ${ENDED}
    WHERE d.subject = :subject AND d.due_at IS NOT NULL AND d.state = 'pending' AND ${COVERED}`,
  candidates: `
    SELECT d.*, ${COVERED} AS covered FROM notifier_deliveries AS d ${OPEN}
    WHERE ${DUE} AND d.send_until > :now ORDER BY d.send_until LIMIT :limit`,
  take: "UPDATE notifier_deliveries SET state = 'claimed', owner = :owner, due_at = :dueAt WHERE id = :id",
  cancelOne: `UPDATE notifier_deliveries SET state = 'cancelled', ended_at = :now, ${ENDED} WHERE id = :id`,
  anyToExpire: `SELECT 1 FROM notifier_deliveries ${OPEN} WHERE ${DUE} AND send_until <= :now LIMIT 1`,
  // If the last attempt could not decrypt the mail's link, the delivery becomes `failed`. Otherwise it becomes
  // `expired`.
  expire: `
    UPDATE notifier_deliveries SET ended_at = :now, ${ENDED},
      state = CASE attempts ->> '$[#-1].result' WHEN 'unknown-key' THEN 'failed' ELSE 'expired' END,
      reason = CASE attempts ->> '$[#-1].result' WHEN 'unknown-key' THEN 'unsealable' END
    WHERE id IN
      (SELECT id FROM notifier_deliveries ${OPEN} WHERE ${DUE} AND send_until <= :now LIMIT :limit)`,
  leases: `SELECT id, owner, due_at FROM notifier_deliveries WHERE state = 'claimed' LIMIT ${MAX_LISTED_DELIVERY_LEASES}`,
  free: `
    UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = :now
    WHERE id = :name AND owner = :holder AND due_at = :until AND state = 'claimed'`,
  held: 'SELECT * FROM notifier_deliveries WHERE id = :id AND owner = :owner',
  retry: `
    UPDATE notifier_deliveries
    SET state = 'pending', owner = NULL, due_at = :dueAt, tries = tries + :counts, attempts = :attempts
    WHERE id = :id`,
  end: `
    UPDATE notifier_deliveries
    SET state = :state, reason = :reason, ended_at = :at, attempts = :attempts,
      recipient = :recipient, hint = :hint, ${ENDED}
    WHERE id = :id`,
  extend: `
    UPDATE notifier_deliveries SET due_at = :until
    WHERE id IN (SELECT value FROM json_each(:ids)) AND owner = :owner AND state = 'claimed' RETURNING id`,
  release: `
    UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = :now
    WHERE state = 'claimed' AND owner = :owner`,
  reclaim: `
    UPDATE notifier_deliveries SET state = 'pending', owner = NULL, due_at = min(occurred_at, due_at)
    WHERE state = 'claimed'`,
  countOfState: `
    SELECT count(*) AS many FROM (SELECT 1 FROM notifier_deliveries WHERE state = :state LIMIT :limit)`,
  // Query each state separately, so that reading the first entry of its index is enough.
  oldestOpen: `
    SELECT occurred_at FROM (
      SELECT min(occurred_at) AS occurred_at FROM notifier_deliveries WHERE state = 'pending'
      UNION ALL SELECT min(occurred_at) FROM notifier_deliveries WHERE state = 'claimed'
    ) WHERE occurred_at IS NOT NULL ORDER BY occurred_at LIMIT 1`,
  find: 'SELECT * FROM notifier_deliveries WHERE id = :id',
  listOfState: `
    SELECT * FROM notifier_deliveries WHERE state = :state AND (occurred_at, id) < (:occurredAt, :id)
    ORDER BY occurred_at DESC, id DESC LIMIT :limit`,
  ofSubject: `
    SELECT * FROM notifier_deliveries WHERE subject = :subject AND (occurred_at, id) > (:occurredAt, :id)
    ORDER BY occurred_at, id LIMIT :limit`,
  retryNow: "UPDATE notifier_deliveries SET due_at = :now WHERE id = :id AND state = 'pending'",
  cancelFree: `
    UPDATE notifier_deliveries SET state = 'cancelled', reason = 'operator', ended_at = :now, ${ENDED}
    WHERE id = :id AND state = 'pending'`,
  report: `
    UPDATE notifier_deliveries SET state = :state, report = :report, unpublished = :at
    WHERE id = :id AND state = 'sent' AND recipient IS NOT NULL`,
  unpublished: `
    SELECT * FROM notifier_deliveries WHERE unpublished IS NOT NULL ORDER BY unpublished LIMIT :limit`,
  markPublished: `
    UPDATE notifier_deliveries SET unpublished = NULL WHERE id IN (SELECT value FROM json_each(:ids))`,
  recorded: 'SELECT id FROM notifier_deliveries WHERE id IN (SELECT value FROM json_each(:ids))',
  unsharedRecipientsOf: `
    SELECT DISTINCT recipient FROM notifier_deliveries AS own
    WHERE subject = :subject AND recipient IS NOT NULL AND NOT EXISTS
      (SELECT 1 FROM notifier_deliveries AS other
       WHERE other.recipient = own.recipient AND other.subject <> :subject)`,
  cancelOpen: `
    UPDATE notifier_deliveries SET state = 'cancelled', ended_at = :now
    WHERE subject = :subject AND state IN ('pending', 'claimed')`,
  erase: `
    UPDATE notifier_deliveries SET recipient = NULL, hint = NULL, attempts = '[]', unpublished = NULL, ${ENDED}
    WHERE subject = :subject`,
  expiredLeases: `
    SELECT id, due_at FROM notifier_deliveries WHERE due_at < :before AND state = 'claimed' LIMIT ${MAX_LISTED_DELIVERY_LEASES}`,
} as const;

/**
 * How long the write of a delivery's result is delayed, in ms, so that several results are flushed to disk
 * together.
 */
const COMMIT_DELAY_MS = 20;

/** The maximum number of deliveries that one write marks as expired. Each takes about 8 µs. */
const EXPIRED_AT_ONCE = 500;

const NO_LIMIT = -1;

/** A position before every delivery of a list that begins with the newest. */
const NEWEST: DeliveryPosition = { occurredAt: new Date(8.64e15), id: '' };

/** A position before every delivery of a list that begins with the oldest. */
const OLDEST: DeliveryPosition = { occurredAt: new Date(-8.64e15), id: '' };

interface SqliteDeliveries extends DeliveryStore {
  /**
   * Releases the claims of an earlier process. Only one server uses a data folder at a time, so that process
   * has ended.
   */
  reclaim(): Promise<void>;
}

export function createSqliteDeliveries({ prepare, write }: Database): SqliteDeliveries {
  /** Stores a cutoff of an account or mailing, unless a higher cutoff is stored. */
  function raise(cutoff: MailCutoff): void {
    prepare(SQL.raiseCutoff).run({ ...cutoff });
  }

  function insert({ content, occurredAt, sendUntil, purpose, ...delivery }: NewDelivery, now: Date): number {
    const { changes } = prepare(SQL.insert).run({
      ...delivery,
      purpose: purpose ?? null,
      occurredAt: occurredAt.getTime(),
      sendUntil: sendUntil.getTime(),
      content: JSON.stringify(content),
      now: now.getTime(),
    });
    return Number(changes);
  }

  function cancelSuperseded(subject: string, now: Date): number {
    return Number(prepare(SQL.cancelSuperseded).run({ subject, now: now.getTime() }).changes);
  }

  /**
   * Marks overdue deliveries as expired, in several short writes, so that requests need not wait for all of
   * them.
   * @returns the number of expired deliveries
   */
  async function expireDue(now: Date, options?: WriteOptions): Promise<number> {
    function expirePage(): number {
      return Number(prepare(SQL.expire).run({ now: now.getTime(), limit: EXPIRED_AT_ONCE }).changes);
    }
    let ended = 0;
    for (let page = EXPIRED_AT_ONCE; page === EXPIRED_AT_ONCE; ended += page)
      page = await write(expirePage, options);
    return ended;
  }

  function recordAll(batch: DeliveriesAndCutoffs, now: Date, claim?: NewDeliveriesClaim): RecordedDeliveries {
    batch.cutoffs.forEach(raise);
    const added = batch.deliveries.filter((delivery) => insert(delivery, now) > 0);
    let cancelled = 0;
    for (const subject of subjectsOf(batch)) cancelled += cancelSuperseded(subject, now);
    return { added: added.length, cancelled, claimed: claim === undefined ? [] : takeNew(added, now, claim) };
  }

  /** Claims the added deliveries, except those that are past their `sendUntil` or were cancelled. */
  function takeNew(
    added: readonly NewDelivery[],
    now: Date,
    { owner, leaseMs, limit }: NewDeliveriesClaim,
  ): readonly ClaimedDelivery[] {
    const dueAt = now.getTime() + leaseMs;
    return added
      .filter(({ sendUntil }) => sendUntil > now)
      .slice(0, limit)
      .filter(({ id }) => Number(prepare(SQL.takeNew).run({ id, owner, dueAt }).changes) === 1)
      .map((delivery) => ({ ...delivery, tries: 0 }));
  }

  function claimSome({ owner, now: at, leaseMs, limit }: ClaimDeliveriesRequest): readonly ClaimedDelivery[] {
    const now = at.getTime();
    const claimed: ClaimedDelivery[] = [];
    while (claimed.length < limit) {
      const rows = prepare(SQL.candidates).all({ now, limit: limit - claimed.length });
      for (const row of rows) {
        const id = String(row['id']);
        if (row['covered']) prepare(SQL.cancelOne).run({ now, id });
        else {
          prepare(SQL.take).run({ owner, dueAt: now + leaseMs, id });
          claimed.push(claimedDeliveryFromRow(row));
        }
      }
      if (rows.every((row) => !row['covered'])) break;
    }
    return claimed;
  }

  function settleOne(row: SqliteRow, settlement: DeliveryOutcome): void {
    const id = String(row['id']);
    const attempts = withAttempt(row, settlement.attempt);
    if (settlement.state === 'pending') {
      const dueAt = settlement.dueAt.getTime();
      prepare(SQL.retry).run({ id, dueAt, counts: settlement.counts ? 1 : 0, attempts });
    } else {
      const { state, at } = settlement;
      const reason = 'reason' in settlement ? settlement.reason : null;
      const recipient = 'recipient' in settlement ? settlement.recipient : undefined;
      prepare(SQL.end).run({
        id,
        state,
        reason,
        at: at.getTime(),
        attempts,
        recipient: recipient?.fingerprint ?? null,
        hint: recipient?.hint ?? null,
      });
    }
  }

  return mapSqliteErrors<SqliteDeliveries>({
    // This write need not be flushed to disk. A power cut may undo it, but also undoes the stored position in
    // the log, so the events are delivered again.
    async record(batch, now, claim) {
      const recorded = await write(() => recordAll(batch, now, claim), { flushed: false });
      if (batch.mayExpire !== false && batch.deliveries.some(({ sendUntil }) => sendUntil <= now))
        await expireDue(now, { flushed: false });
      return recorded;
    },

    // This write need not be flushed to disk. A power cut may undo it, but also ends the process that claimed
    // the deliveries, so that the lease is void.
    claim: (claim) => write(() => claimSome(claim), { flushed: false }),

    // This write need not be flushed to disk. A power cut may undo it, but also ends the process that holds
    // the lease.
    extend: (ids, owner, until) =>
      write(
        () => {
          const rows = prepare(SQL.extend).all({ ids: JSON.stringify(ids), owner, until: until.getTime() });
          return new Set(rows.map(({ id }) => String(id)));
        },
        { flushed: false },
      ),

    // This write need not be flushed to disk. A power cut may undo it, but also ends the process that holds
    // the lease.
    release: (owner, now) =>
      write(() => void prepare(SQL.release).run({ owner, now: now.getTime() }), { flushed: false }),

    async held() {
      return prepare(SQL.leases).all().map(leaseOf);
    },

    // This write need not be flushed to disk. A power cut may undo it, but also ends the process that holds
    // the lease.
    free: ({ name, holder, until }, now) =>
      write(() => void prepare(SQL.free).run({ name, holder, until: until.getTime(), now: now.getTime() }), {
        flushed: false,
      }),

    settle: (id, owner, settlement, { othersFollow = false } = {}) =>
      write(
        () => {
          const row = prepare(SQL.held).get({ id, owner });
          if (!row) return false;
          settleOne(row, settlement);
          return true;
        },
        { commitDelay: othersFollow ? COMMIT_DELAY_MS : 0 },
      ),

    async expire(now) {
      const any = prepare(SQL.anyToExpire).get({ now: now.getTime() });
      return any ? expireDue(now) : 0;
    },

    async census(atMost = NO_LIMIT) {
      const count = prepare(SQL.countOfState);
      const counts = deliveryStates.map((state) => [
        state,
        Number(count.get({ state, limit: atMost })?.['many']),
      ]);
      return Object.fromEntries(counts) as Record<DeliveryState, number>;
    },

    async oldestOpen() {
      const row = prepare(SQL.oldestOpen).get();
      return row && new Date(Number(row['occurred_at']));
    },

    reclaim: () => write(() => void prepare(SQL.reclaim).run()),

    async find(id) {
      const row = prepare(SQL.find).get({ id });
      return row && deliverySummaryFromRow(row);
    },

    async list({ states, limit, after = NEWEST }) {
      const statement = prepare(SQL.listOfState);
      return states
        .flatMap((state) =>
          statement.all({ state, occurredAt: after.occurredAt.getTime(), id: after.id, limit }),
        )
        .map(deliverySummaryFromRow)
        .toSorted(compareDeliveriesNewestFirst)
        .slice(0, limit);
    },

    async ofSubject(subject, { limit, after = OLDEST }) {
      const { occurredAt, id } = after;
      return prepare(SQL.ofSubject)
        .all({ subject, occurredAt: occurredAt.getTime(), id, limit })
        .map(deliverySummaryFromRow);
    },

    retryNow: (id, now) => write(() => prepare(SQL.retryNow).run({ id, now: now.getTime() }).changes === 1),

    cancel: (id, now) => write(() => prepare(SQL.cancelFree).run({ id, now: now.getTime() }).changes === 1),

    report: (id, report) =>
      write(() => {
        const { state, at } = report;
        const text = JSON.stringify(report);
        return prepare(SQL.report).run({ id, state, report: text, at: at.getTime() }).changes === 1;
      }),

    async unpublished(limit) {
      return prepare(SQL.unpublished).all({ limit }).map(deliverySummaryFromRow).filter(hasReport);
    },

    markPublished: (ids) => write(() => void prepare(SQL.markPublished).run({ ids: JSON.stringify(ids) })),

    async unsharedRecipientsOf(subject) {
      return prepare(SQL.unsharedRecipientsOf)
        .all({ subject })
        .map(({ recipient }) => String(recipient));
    },

    erase: (subject, now) =>
      write(
        () => {
          prepare(SQL.cancelOpen).run({ subject, now: now.getTime() });
          prepare(SQL.erase).run({ subject });
        },
        { erases: true },
      ),

    async recorded(ids) {
      const rows = prepare(SQL.recorded).all({ ids: JSON.stringify(ids) });
      return new Set(rows.map(({ id }) => String(id)));
    },

    async expiredLeases(before) {
      const rows = prepare(SQL.expiredLeases).all({ before: before.getTime() });
      return rows.map(({ id, due_at }) => ({
        of: 'mail',
        name: String(id),
        endedAt: new Date(Number(due_at)),
      }));
    },
  });
}

function leaseOf(row: SqliteRow): HeldLease {
  return { name: String(row['id']), holder: String(row['owner']), until: new Date(Number(row['due_at'])) };
}

function subjectsOf({ deliveries, cutoffs }: DeliveriesAndCutoffs): ReadonlySet<string> {
  return new Set([...deliveries, ...cutoffs].map(({ subject }) => subject));
}

/**
 * Appends an attempt to the attempts that a delivery's row contains.
 * @returns the latest attempts as JSON
 */
function withAttempt(row: SqliteRow, attempt: DeliveryAttempt | undefined): string {
  return JSON.stringify(
    [...deliveryAttemptsFromRow(row), ...(attempt ? [attempt] : [])].slice(-MAX_KEPT_DELIVERY_ATTEMPTS),
  );
}
