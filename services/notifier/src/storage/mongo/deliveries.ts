/**
 * Deliveries in MongoDB. Every write changes a single document; the port defines the order of the writes.
 * This module uses the MongoDB driver directly, because each mail needs four or more requests, and mongoose
 * would slow down each of them (ADR 20).
 */
import { mapMongoErrors, retryOnConcurrentWrite } from '@latchkey/mongo';
import type { Collection, Connection } from 'mongoose';
import type { DeliveryOutcome } from '../../delivery/attempt.ts';
import {
  type ClaimedDelivery,
  type DeliveriesAndCutoffs,
  type DeliveryState,
  deliveryStates,
  isDeliveryStoppedByCutoff,
  type MailCutoff,
  type NewDelivery,
  type SupersededMailKind,
} from '../../delivery/delivery.ts';
import {
  type ClaimDeliveriesRequest,
  compareDeliveriesNewestFirst,
  type DeliveryPosition,
  type DeliveryStore,
  type DeliverySummary,
  hasReport,
  MAX_DUE_TIME_AHEAD_MS,
  MAX_KEPT_DELIVERY_ATTEMPTS,
  MAX_LISTED_DELIVERY_LEASES,
  type NewDeliveriesClaim,
} from '../../ports/deliveries.ts';
import {
  CUTOFFS_COLLECTION,
  type CutoffsDocument,
  DELIVERIES_COLLECTION,
  type DeliveryDocument,
} from './schema.ts';

export function createMongoDeliveries(connection: Connection): DeliveryStore {
  const deliveries = connection.collection<DeliveryDocument>(DELIVERIES_COLLECTION);
  const cutoffs = cutoffsIn(connection.collection<CutoffsDocument>(CUTOFFS_COLLECTION));

  /**
   * Stores the deliveries that are not stored yet.
   * @param claim the claim under which new deliveries are sent immediately; deliveries past their `sendUntil`
   *   are not claimed
   * @returns how many deliveries were added, and the added deliveries that were claimed
   */
  async function addAll(added: readonly NewDelivery[], now: Date, claim?: NewDeliveriesClaim) {
    if (added.length === 0) return { count: 0, claimed: [] };
    const toClaim = added.filter(({ sendUntil }) => sendUntil > now).slice(0, claim?.limit ?? 0);
    const claimable = new Set(toClaim);
    const upserts = added.map((delivery) => ({
      updateOne: {
        filter: { _id: delivery.id },
        update: { $setOnInsert: documentOf(delivery, now, claimable.has(delivery) ? claim : undefined) },
        upsert: true,
      },
    }));
    const { upsertedCount } = await retryOnConcurrentWrite(() =>
      deliveries.bulkWrite(upserts, { ordered: false }),
    );
    const claimed = new Map(toClaim.map((delivery) => [delivery.id, { ...delivery, tries: 0 }]));
    if (claim !== undefined && claimed.size > 0 && upsertedCount < added.length) {
      // Some deliveries were not added: an earlier attempt of this write has stored them, or the list
      // contains them twice. Keep only those that this claim really holds.
      const held = await heldBy(claim.owner, [...claimed.keys()]);
      for (const id of claimed.keys()) if (!held.has(id)) claimed.delete(id);
    }
    return { count: upsertedCount, claimed: [...claimed.values()] };
  }

  /** Returns the ids among `ids` whose deliveries are held by the claim `owner`. */
  async function heldBy(owner: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const held = { _id: { $in: [...ids] }, owner, state: 'claimed' as const };
    const found = await deliveries.find(held, { projection: { _id: 1 } }).toArray();
    return new Set(found.map(({ _id }) => _id));
  }

  async function cancelReached(reaching: readonly MailCutoff[], now: Date): Promise<number> {
    if (reaching.length === 0) return 0;
    const cancellations = reaching.map((cutoff) => ({
      updateMany: {
        filter: { ...reachedBy(cutoff), state: 'pending' as const },
        update: ended('cancelled', now),
      },
    }));
    const { modifiedCount } = await deliveries.bulkWrite(cancellations, { ordered: false });
    return modifiedCount;
  }

  async function expire(now: Date): Promise<number> {
    const over = { 'open.sendUntil': { $lte: now }, ...pendingDueAt(now) };
    if ((await deliveries.findOne(over, { projection: { _id: 1 } })) === null) return 0;
    const unsealable = await deliveries.updateMany(
      { ...over, lastResult: 'unknown-key' },
      ended('failed', now, 'unsealable'),
    );
    const expired = await deliveries.updateMany(over, ended('expired', now));
    return unsealable.modifiedCount + expired.modifiedCount;
  }

  /**
   * Claims some of the due deliveries. May claim none if another notifier claimed them first.
   * @returns the claimed deliveries (`taken`), and whether more deliveries may be due (`more`)
   */
  async function takeSome({ owner, now, leaseMs, limit }: ClaimDeliveriesRequest) {
    const due = pendingDueAt(now);
    const found = await deliveries
      .find({ 'open.sendUntil': { $gt: now }, ...due }, { projection: { _id: 1 } })
      .sort({ 'open.sendUntil': 1 })
      .limit(limit)
      .toArray();
    if (found.length === 0) return { taken: [], more: false };
    const ids = found.map(({ _id }) => _id);
    const leaseEnds = new Date(now.getTime() + leaseMs);
    const hold = { $set: { state: 'claimed' as const, owner, 'open.dueAt': leaseEnds } };
    const [id, ...others] = ids;
    const more = found.length === limit;
    if (id !== undefined && others.length === 0) {
      // Usually only one delivery is due. A single request then claims it and returns its document.
      const taken = await deliveries.findOneAndUpdate({ _id: id, ...due }, hold, { returnDocument: 'after' });
      return { taken: taken === null ? [] : [taken], more };
    }
    await deliveries.updateMany({ _id: { $in: ids }, ...due }, hold);
    const taken = await deliveries
      .find({ _id: { $in: ids }, owner, state: 'claimed' })
      .sort({ 'open.sendUntil': 1 })
      .toArray();
    return { taken, more };
  }

  /**
   * Cancels the claimed deliveries that a cutoff covers, and returns the other claimed deliveries.
   * @param reaching the cutoffs of the deliveries' accounts and mailings, which must have been read after the
   * deliveries were claimed
   */
  async function withoutReached<Claimed extends ClaimedDelivery>(
    taken: readonly Claimed[],
    reaching: readonly MailCutoff[],
    { owner, now }: Pick<ClaimDeliveriesRequest, 'owner' | 'now'>,
  ): Promise<readonly Claimed[]> {
    function isReached(delivery: Claimed) {
      return reaching.some((cutoff) => isDeliveryStoppedByCutoff(cutoff, delivery));
    }
    const ids = taken.filter(isReached).map(({ id }) => id);
    if (ids.length > 0) {
      await deliveries.updateMany({ _id: { $in: ids }, owner }, ended('cancelled', now));
    }
    return taken.filter((delivery) => !isReached(delivery));
  }

  const port: DeliveryStore = {
    async record(batch, now, claim) {
      await cutoffs.raise(batch.cutoffs);
      const { count: added, claimed: taken } = await addAll(batch.deliveries, now, claim);
      const reaching = await cutoffs.of(subjectsOf(batch));
      const claimed =
        claim === undefined ? [] : await withoutReached(taken, reaching, { owner: claim.owner, now });
      const cancelled = (await cancelReached(reaching, now)) + taken.length - claimed.length;
      if (batch.mayExpire !== false && batch.deliveries.some(({ sendUntil }) => sendUntil <= now))
        await expire(now);
      return { added, cancelled, claimed };
    },

    async claim(claim) {
      const claimed: ClaimedDelivery[] = [];
      for (let more = true; more && claimed.length < claim.limit; ) {
        const some = await takeSome({ ...claim, limit: claim.limit - claimed.length });
        const reaching = await cutoffs.of(some.taken.map(({ subject }) => subject));
        claimed.push(...(await withoutReached(some.taken.flatMap(claimedOf), reaching, claim)));
        more = some.more;
      }
      return claimed;
    },

    async extend(ids, owner, until) {
      const held = { _id: { $in: [...ids] }, owner, state: 'claimed' as const };
      await deliveries.updateMany(held, { $set: { 'open.dueAt': until } });
      return heldBy(owner, ids);
    },

    async release(owner, now) {
      await deliveries.updateMany(
        { state: 'claimed', owner },
        {
          $set: { state: 'pending', 'open.dueAt': now },
          $unset: { owner: 1 },
        },
      );
    },

    async held() {
      const held = await deliveries
        .find({ state: 'claimed' }, { projection: { owner: 1, open: 1 } })
        .limit(MAX_LISTED_DELIVERY_LEASES)
        .toArray();
      return held.flatMap(({ _id: name, owner: holder, open: lease }) =>
        holder === undefined || lease === undefined ? [] : [{ name, holder, until: lease.dueAt }],
      );
    },

    async free({ name, holder, until }, now) {
      await deliveries.updateOne(
        { _id: name, owner: holder, 'open.dueAt': until, state: 'claimed' },
        { $set: { state: 'pending', 'open.dueAt': now }, $unset: { owner: 1 } },
      );
    },

    async settle(id, owner, settlement) {
      const { matchedCount } = await deliveries.updateOne({ _id: id, owner }, outcomeOf(settlement));
      return matchedCount === 1;
    },

    expire,

    async census(atMost) {
      const limited = atMost === undefined ? {} : { limit: atMost };
      const counts = await Promise.all(
        deliveryStates.map(
          async (state) => [state, await deliveries.countDocuments({ state }, limited)] as const,
        ),
      );
      return Object.fromEntries(counts) as Record<DeliveryState, number>;
    },

    async oldestOpen() {
      const oldest = await deliveries.findOne(
        { state: { $in: ['pending', 'claimed'] } },
        { projection: { occurredAt: 1 }, sort: { occurredAt: 1 } },
      );
      return oldest?.occurredAt;
    },

    async find(id) {
      const document = await deliveries.findOne({ _id: id });
      return document === null ? undefined : summaryOf(document);
    },

    async list({ states, limit, after }) {
      function ofState(state: DeliveryState) {
        return deliveries
          .find({ state, ...(after === undefined ? {} : comesAfter(after)) }, { projection: { content: 0 } })
          .sort({ occurredAt: -1, _id: -1 })
          .limit(limit)
          .toArray();
      }
      const found = await Promise.all(states.map(ofState));
      return found.flat().map(summaryOf).toSorted(compareDeliveriesNewestFirst).slice(0, limit);
    },

    async ofSubject(subject, { limit, after }) {
      const found = await deliveries
        .find({ subject, ...(after === undefined ? {} : comesLater(after)) }, { projection: { content: 0 } })
        .sort({ occurredAt: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(summaryOf);
    },

    async retryNow(id, now) {
      const pending = { _id: id, state: 'pending' } as const;
      const { matchedCount } = await deliveries.updateOne(pending, { $set: { 'open.dueAt': now } });
      return matchedCount === 1;
    },

    async cancel(id, now) {
      const { matchedCount } = await deliveries.updateOne(
        { _id: id, state: 'pending' },
        ended('cancelled', now, 'operator'),
      );
      return matchedCount === 1;
    },

    async report(id, report) {
      const { matchedCount } = await deliveries.updateOne(
        { _id: id, state: 'sent', recipient: { $exists: true } },
        { $set: { state: report.state, report, unpublished: report.at } },
      );
      return matchedCount === 1;
    },

    async unpublished(limit) {
      const found = await deliveries
        .find({ unpublished: { $exists: true } })
        .sort({ unpublished: 1 })
        .limit(limit)
        .toArray();
      return found.map(summaryOf).filter(hasReport);
    },

    async markPublished(ids) {
      await deliveries.updateMany({ _id: { $in: [...ids] } }, { $unset: { unpublished: 1 } });
    },

    async unsharedRecipientsOf(subject) {
      const found = await deliveries.find({ subject }, { projection: { recipient: 1 } }).toArray();
      const fingerprints = new Set(found.flatMap(({ recipient }) => recipient?.fingerprint ?? []));
      const sharing = await Promise.all(
        [...fingerprints].map((fingerprint) =>
          deliveries.findOne({ 'recipient.fingerprint': fingerprint, subject: { $ne: subject } }),
        ),
      );
      return [...fingerprints].filter((_, index) => sharing[index] === null);
    },

    async erase(subject, now) {
      const open = { subject, state: { $in: ['pending' as const, 'claimed' as const] } };
      await deliveries.updateMany(open, ended('cancelled', now));
      await deliveries.updateMany(
        { subject },
        { $set: { attempts: [] }, $unset: { recipient: 1, content: 1, unpublished: 1 } },
      );
    },

    async recorded(ids) {
      const found = await deliveries.find({ _id: { $in: [...ids] } }, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },

    async expiredLeases(before) {
      // Every open delivery satisfies the condition on `open.sendUntil`. The condition is only here to make
      // MongoDB use the index of open deliveries.
      const open = { 'open.sendUntil': { $gt: new Date(0) }, 'open.dueAt': { $lt: before } };
      const found = await deliveries
        .find({ ...open, state: 'claimed' }, { projection: { open: 1 } })
        .limit(MAX_LISTED_DELIVERY_LEASES)
        .toArray();
      return found.flatMap(({ _id, open: lease }) =>
        lease === undefined ? [] : [{ of: 'mail' as const, name: _id, endedAt: lease.dueAt }],
      );
    },
  };
  return mapMongoErrors(port);
}

function cutoffsIn(collection: Collection<CutoffsDocument>) {
  return {
    /**
     * Stores each cutoff, unless the store already contains a higher one for the same subject and kind of
     * mail.
     */
    async raise(cutoffs: readonly MailCutoff[]): Promise<void> {
      if (cutoffs.length === 0) return;
      const raises = cutoffs.map(({ subject, what, before }) => ({
        updateOne: {
          filter: { _id: subject },
          update: { $max: { [`before.${what}`]: before } },
          upsert: true,
        },
      }));
      await retryOnConcurrentWrite(() => collection.bulkWrite(raises, { ordered: false }));
    },

    /** Returns all stored cutoffs of the given accounts and mailings. */
    async of(subjects: readonly string[]): Promise<readonly MailCutoff[]> {
      if (subjects.length === 0) return [];
      const documents = await collection.find({ _id: { $in: [...new Set(subjects)] } }).toArray();
      return documents.flatMap(({ _id: subject, before }) =>
        Object.entries(before).map(([what, sequence]) => ({
          subject,
          what: what as SupersededMailKind,
          before: sequence,
        })),
      );
    },
  };
}

/**
 * Returns a filter for the pending deliveries that may be claimed: those that are due, and those whose due
 * time is so far in the future that it must be wrong (MAX_DUE_TIME_AHEAD_MS).
 */
function pendingDueAt(now: Date) {
  const farthest = new Date(now.getTime() + MAX_DUE_TIME_AHEAD_MS);
  return {
    $or: [{ 'open.dueAt': { $lte: now } }, { 'open.dueAt': { $gt: farthest } }],
    state: 'pending' as const,
  };
}

function subjectsOf({ deliveries, cutoffs }: DeliveriesAndCutoffs): readonly string[] {
  return [...deliveries, ...cutoffs].map(({ subject }) => subject);
}

/**
 * Returns a filter for the deliveries that a cutoff covers, by the same rule as `isDeliveryStoppedByCutoff`.
 */
function reachedBy({ subject, what, before }: MailCutoff) {
  return {
    subject,
    sequence: { $lt: before },
    ...(what === 'everything' ? {} : { purpose: what }),
  };
}

function ended(state: DeliveryState, endedAt: Date, reason?: string) {
  return {
    $set: { state, endedAt, ...(reason === undefined ? {} : { reason }) },
    $unset: { open: 1, owner: 1, content: 1 } as const,
  };
}

function outcomeOf(settlement: DeliveryOutcome) {
  const { attempt } = settlement;
  const logged = {
    ...(attempt && { $push: { attempts: { $each: [attempt], $slice: -MAX_KEPT_DELIVERY_ATTEMPTS } } }),
  };
  const last = attempt && { lastResult: attempt.result };
  if (settlement.state === 'pending') {
    return {
      ...logged,
      $set: { state: 'pending' as const, 'open.dueAt': settlement.dueAt, ...last },
      $inc: { tries: settlement.counts ? 1 : 0 },
      $unset: { owner: 1 } as const,
    };
  }
  const reason = 'reason' in settlement ? settlement.reason : undefined;
  const recipient = 'recipient' in settlement ? settlement.recipient : undefined;
  const { $set, $unset } = ended(settlement.state, settlement.at, reason);
  return { ...logged, $set: { ...$set, ...last, ...(recipient && { recipient }) }, $unset };
}

/**
 * Returns the document of a new delivery. Without a claim, the delivery is due immediately, even if its event
 * has a time in the future because the clock of the process that wrote the event is fast.
 */
function documentOf(
  { id: _, ...delivery }: NewDelivery,
  now: Date,
  claim: NewDeliveriesClaim | undefined,
): Omit<DeliveryDocument, '_id'> {
  const { sendUntil, occurredAt } = delivery;
  const dueAt = occurredAt < now ? occurredAt : now;
  return {
    ...delivery,
    ...(claim === undefined
      ? { state: 'pending', open: { dueAt, sendUntil } }
      : {
          state: 'claimed',
          owner: claim.owner,
          open: { dueAt: new Date(now.getTime() + claim.leaseMs), sendUntil },
        }),
    tries: 0,
    attempts: [],
  };
}

/**
 * Converts a document to a list of one claimed delivery. The list is empty if the delivery has reached a
 * final state since it was claimed.
 */
function claimedOf({ _id: id, purpose, content, ...rest }: DeliveryDocument): readonly ClaimedDelivery[] {
  if (content === undefined) return [];
  const { eventId, subject, sequence, mail, locale, correlationId, occurredAt, sendUntil, tries } = rest;
  const known = { id, eventId, subject, sequence, mail, locale, correlationId, occurredAt, sendUntil };
  return [{ ...known, ...(purpose && { purpose }), content, tries }];
}

/**
 * Returns a filter for the deliveries that follow a position in the list of deliveries, which is sorted from
 * newest to oldest.
 */
function comesAfter({ occurredAt, id }: DeliveryPosition) {
  return {
    $or: [{ occurredAt: { $lt: occurredAt } }, { occurredAt, _id: { $lt: id } }],
  };
}

/**
 * Returns a filter for the deliveries that follow a position in the list of one subject's deliveries, which
 * is sorted from oldest to newest.
 */
function comesLater({ occurredAt, id }: DeliveryPosition) {
  return {
    $or: [{ occurredAt: { $gt: occurredAt } }, { occurredAt, _id: { $gt: id } }],
  };
}

function summaryOf(document: DeliveryDocument): DeliverySummary {
  const { _id: id, eventId, correlationId, subject, mail, state, occurredAt, sendUntil } = document;
  const { reason, open, endedAt, tries, attempts, recipient, report } = document;
  return {
    id,
    eventId,
    correlationId,
    subject,
    mail,
    state,
    ...(reason === undefined ? {} : { reason }),
    occurredAt,
    sendUntil,
    ...(open === undefined ? {} : { dueAt: open.dueAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    tries,
    attempts,
    ...(recipient && { recipient }),
    ...(report && { report }),
  };
}
