/** The settings of erasure. Operators' commands read them, too. */
import { isConsumerName } from '@latchkey/events';
import { settingSchemas } from '@latchkey/process';
import { z } from 'zod';

export const erasureSettings = z.object({
  ERASURE_GRACE_DAYS: settingSchemas
    .whole({ min: 0, max: 90, fallback: 7 })
    .describe(
      'How long the erasure of an account can be undone; the account is disabled meanwhile. 0: accounts are erased immediately.',
    ),
  ERASURE_RECEIPT_DAYS: settingSchemas
    .whole({ min: 1, max: 365, fallback: 7 })
    .describe(
      'A consumer that has not confirmed an erasure this long after it is overdue. The same for `ops`.',
    ),
  ERASURE_TOPIC_DAYS: settingSchemas
    .whole({ min: 1, max: 90, fallback: 7 })
    .describe(
      'After an erasure, Kafka removes the personal data from the topic of accounts within this time and a day, if the topic is compacted (docs/erasure.md). The same for `ops topics`. To change it later, also change `max.compaction.lag.ms` and `segment.ms` of the topic.',
    ),
  ERASURE_CONSUMERS: settingSchemas
    .list()
    .refine(
      (names) => names.every(isConsumerName),
      'must be a list of names of up to 63 letters, digits, dots, underscores and hyphens',
    )
    .describe(
      'Other consumers that must confirm erasures, comma-separated: the groups of `subscribe`, or the names of the clients of the feed. Default: only auth, user and notifier.',
    ),
});
