/**
 * What all services need in order to consume signed events: the setting for the treatment of forged records,
 * the alarm about forged records, and the health of the keys that verify events.
 */
import type { BusRecord, PartitionSlice } from '@latchkey/bus';
import type { DependencyHealth, Logger } from '@latchkey/process';
import { z } from 'zod';

export const eventSignaturesSetting = z
  .enum(['require', 'warn'])
  .default('require')
  .describe(
    'With `require`, records that auth has not signed are set aside as forged. With `warn`, such records are processed, but reported.',
  );

/**
 * Returns a function that a consumer calls with the forged records of a slice. The function reports these
 * records and, unless the policy is `warn`, moves them to the dead-letter queue.
 */
export function createForgedRecordReporter(deps: {
  readonly policy: z.infer<typeof eventSignaturesSetting>;
  readonly logger: Logger;
  /** Increments the metric that counts forged records. */
  count(): void;
}) {
  return (
    slice: Pick<PartitionSlice, 'setAside'>,
    forged: readonly { readonly source: BusRecord; readonly cause: string }[],
  ): void => {
    for (const { source, cause } of forged) {
      const { topic, partition, offset } = source;
      if (deps.policy === 'require') slice.setAside(source, `forged: ${cause}`);
      deps.count();
      deps.logger.error({ topic, partition, offset, cause }, 'a record does not come from auth');
    }
  };
}

/** Returns the health of the event keys for /readyz: `degraded` while the keys cannot be fetched. */
export function checkEventKeysHealth(keys: { unavailableReason(): string | undefined }): DependencyHealth {
  const detail = keys.unavailableReason();
  const dependency = { name: 'event keys', needed: false } as const;
  return detail === undefined ? { ...dependency, state: 'ok' } : { ...dependency, state: 'degraded', detail };
}
