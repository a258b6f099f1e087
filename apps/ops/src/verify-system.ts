/**
 * Compares the stores of the system that the settings describe. Every command that needs the differences
 * between the stores uses this module.
 */
import { Option } from '@commander-js/extra-typings';
import { openAuthOps } from '@latchkey/auth/ops';
import { openNotifierOps } from '@latchkey/notifier/ops';
import { openUserOps } from '@latchkey/user/ops';
import {
  type VerificationResult,
  type VerifyOptions,
  type VerifySources,
  verifySystem,
} from '@latchkey/verify';
import type { CommandContext } from './context.ts';
import { readPublicEventKeys } from './keys.ts';
import { createDelayedProgressDisplay } from './output/progress.ts';
import { createWholeNumberParser } from './program.ts';
import type { OpenedSystem } from './system.ts';

const DEFAULT_PATIENCE_SECONDS = 30;
const MAX_PATIENCE_SECONDS = 3600;
const PAUSE_MS = 500;
const MAX_RECORDS = 500_000;

/**
 * Creates the option `--patience`, which sets how long `verify` repeats its comparison after it has found
 * differences. A difference may disappear without a repair, because an event may not have reached every
 * store yet.
 */
export function createVerifyPatienceOption() {
  return new Option('--patience <seconds>', 'how long to repeat the comparison of what disagrees')
    .argParser(createWholeNumberParser(0, MAX_PATIENCE_SECONDS))
    .default(DEFAULT_PATIENCE_SECONDS);
}

/** Compares the stores of a system, and shows the progress. @throws any error of a store or the log */
export async function verifyOpenedSystem(
  system: OpenedSystem,
  context: CommandContext,
  options: Pick<VerifyOptions, 'patienceMs' | 'maxFindings' | 'against'>,
): Promise<VerificationResult> {
  return verifySystem(await sourcesOf(system, context), {
    pauseMs: PAUSE_MS,
    maxRecords: MAX_RECORDS,
    ...options,
    now: () => new Date(),
    onProgress: createDelayedProgressDisplay(context),
  });
}

async function sourcesOf(
  { store, bus, log, nameOf }: OpenedSystem,
  context: CommandContext,
): Promise<VerifySources> {
  const keys = await readPublicEventKeys(context);
  if (keys === undefined)
    context.note('signatures are not checked: neither EVENT_SIGNING_KEYS nor JWKS_URL is set');
  const user = openUserOps(store);
  return {
    journal: openAuthOps(store).journal,
    log: log.reader,
    groups: bus,
    profiles: await user.activeProfiles(),
    leftoverGenerations: user.leftoverGenerations,
    deliveries: openNotifierOps(store).deliveries,
    nameOf,
    ...(bus.isCompacted && { isCompacted: bus.isCompacted }),
    ...(keys && { keyOf: (kid) => keys.get(kid) }),
  };
}
