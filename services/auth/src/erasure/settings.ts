/** The settings of erasure, used by the service and by `ops`. */
import { isConsumerName } from '@latchkey/events';
import { commonSettingSchemas } from '@latchkey/process';
import { z } from 'zod';

export const erasureSettingsSchema = z.object({
  ERASURE_GRACE_DAYS: commonSettingSchemas
    .whole({ min: 0, max: 90, fallback: 7 })
    .describe(
      'How long the erasure of an account can be canceled; during this time the account is disabled. With 0 days, accounts are erased immediately.',
    ),
  ERASURE_RECEIPT_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 365, fallback: 7 })
    .describe(
      'The time within which consumers must confirm an erasure; a consumer that has not confirmed by then is overdue. Give auth and `ops` the same value.',
    ),
  ERASURE_TOPIC_DAYS: commonSettingSchemas
    .whole({ min: 1, max: 90, fallback: 7 })
    .describe(
      'Within this time and at most two more days, Kafka removes the personal data of an erased account from the accounts topic, if the topic is compacted (docs/erasure.md). Give auth and `ops topics` the same value. To change this setting later, also change `max.compaction.lag.ms` and `segment.ms` of the topic.',
    ),
  ERASURE_CONSUMERS: commonSettingSchemas
    .list()
    .refine(
      (names) => names.every(isConsumerName),
      'must be a list of names of up to 63 letters, digits, dots, underscores and hyphens',
    )
    .refine((names) => new Set(names).size === names.length, 'must name each consumer once')
    .describe(
      'Additional consumers that must confirm erasures, comma-separated: consumer groups of `subscribe`, or names of service clients. Default: only auth, user and notifier.',
    ),
});
