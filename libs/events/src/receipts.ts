/** Receipts of erasures: a consumer confirms that it has erased what it had of an account. */
import { z } from 'zod';
import { id, instant } from './fields.ts';
import { textOf } from './headers.ts';
import { RECEIPTS_TOPIC } from './topics.ts';

/** Matches the name of a consumer, and so that of a client or a webhook. Contains no personal data. */
export const consumerName = /^[A-Za-z\d][A-Za-z\d._-]{0,62}$/;

/** The services of Latchkey, which confirm erasures under these names. No other consumer may have one of them. */
export const ownConsumers: readonly string[] = ['auth', 'user', 'notifier'];

/** Whether a receipt can have this name as its consumer. */
export function isConsumerName(name: string): boolean {
  return consumerName.test(name);
}

const receipt = z.object({
  /** The account that was erased. */
  userId: id,
  consumer: z.string().regex(consumerName),
  /** The sequence of `AccountErased`. */
  sequence: z.int().min(1).max(9_999_999_999),
  /** When the consumer had erased the data. */
  confirmedAt: instant,
});

/** A consumer has handled the erasure of an account. */
export type Receipt = z.infer<typeof receipt>;

/** A receipt as it is passed to a bus. */
export interface EncodedReceipt {
  readonly topic: typeof RECEIPTS_TOPIC;
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the record of a receipt. @throws ZodError if the receipt violates its schema */
export function encodeReceipt(given: Receipt): EncodedReceipt {
  return {
    topic: RECEIPTS_TOPIC,
    key: given.userId,
    value: Buffer.from(JSON.stringify(receipt.parse(given))),
    headers: { 'content-type': 'application/json' },
  };
}

/** Decodes a record. Never throws. Returns undefined for a record that is no receipt, or has another account's key. */
export function decodeReceipt(record: {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}): Receipt | undefined {
  const [key, text] = [record.key, record.value].map((bytes) => (bytes === null ? undefined : textOf(bytes)));
  if (text === undefined) return undefined;
  try {
    const { data } = receipt.safeParse(JSON.parse(text));
    return data?.userId === key ? data : undefined;
  } catch {
    return undefined;
  }
}
