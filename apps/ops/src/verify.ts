import { parseArgs } from 'node:util';
import { openJournalView } from '@latchkey/auth/verifying';
import { openDeliveryView } from '@latchkey/notifier/verifying';
import { openProfileView } from '@latchkey/user/verifying';
import { type Command, UsageError } from './command.ts';
import { type System, withSystem } from './system.ts';
import { tellLater } from './tell.ts';
import { jsonOf, linesOf } from './verify/report.ts';
import { type Sources, verify } from './verify/verify.ts';

const TAKES = 'verify takes --patience SECONDS and --json, and nothing else';

const PAUSE_MS = 500;
const RECORDS_AT_ONCE = 500_000;
const MOST_FINDINGS = 1000;

/** Compares; changes nothing. Ends with 0 if everything agrees, 1 if anything does not, 2 if it could not look. */
export const verifyCommand: Command = {
  words: '[--patience SECONDS] [--json]',
  does: 'compare journal, topics, read model and deliveries, also while they are in use',
  failsWith: 2,
  read(words) {
    const { patienceMs, json } = optionsOf(words);
    return (context) =>
      // One that waits for ever says nothing to who runs it by the clock.
      withSystem({ ...context, waits: false }, async (system) => {
        const verification = await verify(await sourcesOf(system), {
          patienceMs,
          pauseMs: PAUSE_MS,
          recordsAtOnce: RECORDS_AT_ONCE,
          mostFindings: MOST_FINDINGS,
          now: () => new Date(),
          progress: tellLater(context),
        });
        const lines = json ? [jsonOf(verification)] : linesOf(verification, new Date());
        for (const line of lines) context.say(line);
        context.conclude(verification.found === 0 ? 0 : 1);
      });
  },
};

async function sourcesOf({ backend, bus, log, nameOf }: System): Promise<Sources> {
  return {
    journal: openJournalView(backend),
    log: log.reader,
    groups: bus,
    profiles: await openProfileView(backend),
    deliveries: openDeliveryView(backend),
    nameOf,
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
