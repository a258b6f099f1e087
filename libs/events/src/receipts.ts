/** Receipts of erasures. With a receipt, a consumer confirms that it has erased its data about an account. */
import { z } from 'zod';
import { id, instant } from './fields.ts';
import { decodeUtf8 } from './headers.ts';
import { RECEIPTS_TOPIC } from './topics.ts';

/**
 * Matches the name of a consumer. Clients of the feed and webhooks are consumers too. A name that matches
 * contains no personal data.
 */
export const consumerName = /^[A-Za-z\d][A-Za-z\d._-]{0,62}$/;

/**
 * The names under which Latchkey's own services confirm erasures. Other consumers must not use these names.
 */
export const latchkeyConsumers: readonly string[] = ['auth', 'user', 'notifier'];

/** Returns whether a name is allowed as the consumer in a receipt. */
export function isConsumerName(name: string): boolean {
  return consumerName.test(name);
}

const receipt = z.object({
  /** The account that was erased. */
  userId: id,
  consumer: z.string().regex(consumerName),
  /** The sequence of the account's event `AccountErased`. */
  sequence: z.int().min(1).max(9_999_999_999),
  /** When the consumer erased the data. */
  confirmedAt: instant,
});

/** A consumer's confirmation that it has handled the erasure of an account. */
export type Receipt = z.infer<typeof receipt>;

/** A receipt in the form in which it is published on a bus. */
export interface EncodedReceipt {
  readonly topic: typeof RECEIPTS_TOPIC;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the record of a receipt. @throws ZodError if the receipt violates its schema */
export function encodeReceipt(receiptToEncode: Receipt): EncodedReceipt {
  return {
    topic: RECEIPTS_TOPIC,
    key: receiptToEncode.userId,
    value: Buffer.from(JSON.stringify(receipt.parse(receiptToEncode))),
    headers: { 'content-type': 'application/json' },
  };
}

/**
 * Decodes a record. Never throws. Returns undefined if the record is not a receipt, or if its key is not the
 * account that the receipt names.
 */
export function decodeReceipt(record: {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}): Receipt | undefined {
  const [key, text] = [record.key, record.value].map((bytes) =>
    bytes === null ? undefined : decodeUtf8(bytes),
  );
  if (text === undefined) return undefined;
  try {
    const { data } = receipt.safeParse(JSON.parse(text));
    return data?.userId === key ? data : undefined;
  } catch {
    return undefined;
  }
}
