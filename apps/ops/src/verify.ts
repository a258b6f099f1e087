import { parseArgs } from 'node:util';
import { openJournalView } from '@latchkey/auth/verifying';
import type { LatchkeyEvent } from '@latchkey/events';
import { openDeliveryView } from '@latchkey/notifier/verifying';
import {
  differingFields,
  fold,
  openProfileView,
  type StoredAccount as ReadModelAccount,
} from '@latchkey/user/verifying';
import { type Sources, type StoredAccount, verify } from '@latchkey/verify';
import { type Command, UsageError } from './command.ts';
import { type System, withSystem } from './system.ts';
import { tellLater } from './tell.ts';
import { jsonOf, linesOf } from './verify-report.ts';

const TAKES = 'verify takes --patience SECONDS and --json, and nothing else';

const PAUSE_MS = 500;
const MAX_RECORDS = 500_000;
const MAX_FINDINGS = 1000;

/** Compares; changes nothing. Ends with 0 if everything agrees, 1 if anything does not, 2 if it could not look. */
export const verifyCommand: Command = {
  words: '[--patience SECONDS] [--json]',
  does: 'compare journal, topics, read model and deliveries, also while they are in use',
  failsWith: 2,
  read(words) {
    const { patienceMs, json } = optionsOf(words);
    return (context) =>
      // Fail fast: a cron job must report an outage, not hang.
      withSystem({ ...context, waits: false }, async (system) => {
        const verification = await verify(await sourcesOf(system), {
          patienceMs,
          pauseMs: PAUSE_MS,
          maxRecords: MAX_RECORDS,
          maxFindings: MAX_FINDINGS,
          now: () => new Date(),
          onProgress: tellLater(context),
        });
        const lines = json ? [jsonOf(verification)] : linesOf(verification, new Date());
        for (const line of lines) context.say(line);
        context.conclude(verification.found === 0 ? 0 : 1);
      });
  },
};

async function sourcesOf({ backend, bus, log, nameOf }: System): Promise<Sources> {
  const [journal, profiles, deliveries] = [
    openJournalView(backend),
    await openProfileView(backend),
    openDeliveryView(backend),
  ];
  return {
    journal: { ...journal, expiredLeases: journal.leasesOver },
    log: log.reader,
    groups: bus,
    profiles: {
      ...profiles,
      async load(ids) {
        const accounts = await profiles.load(ids);
        return new Map([...accounts].map(([id, account]) => [id, storedAccount(account)]));
      },
    },
    deliveries: { ...deliveries, expiredLeases: deliveries.leasesOver },
    nameOf,
  };
}

function storedAccount({ sequence, profile, parked }: ReadModelAccount): StoredAccount {
  return {
    sequence,
    ...(parked && { parked }),
    differingFields(events: readonly LatchkeyEvent[]) {
      const expected = fold(events);
      return profile === undefined || expected === undefined
        ? ['sequence']
        : differingFields(profile, expected);
    },
  };
}

const USUAL_PATIENCE_SECONDS = '30';
const MOST_PATIENCE_SECONDS = 3600;

/** @throws UsageError */
function optionsOf(words: readonly string[]): { readonly patienceMs: number; readonly json: boolean } {
  const { patience = USUAL_PATIENCE_SECONDS, json = false } = parsed(words);
  const seconds = /^\d{1,4}$/.test(patience) ? Number(patience) : Number.NaN;
  if (!(seconds <= MOST_PATIENCE_SECONDS))
    throw new UsageError(`--patience is a whole number of seconds, ${MOST_PATIENCE_SECONDS} at most`);
  return { patienceMs: seconds * 1000, json };
}

function parsed(words: readonly string[]) {
  try {
    const options = { patience: { type: 'string' }, json: { type: 'boolean' } } as const;
    return parseArgs({ args: [...words], options }).values;
  } catch {
    throw new UsageError(TAKES);
  }
}
