import { Option } from '@commander-js/extra-typings';
import { openOps as openAuth } from '@latchkey/auth/ops';
import { openOps as openNotifier } from '@latchkey/notifier/ops';
import { openOps as openUser } from '@latchkey/user/ops';
import { type Verification, type VerifyOptions, type VerifySources, verifySystem } from '@latchkey/verify';
import type { CommandContext } from '../context.ts';
import { publicEventKeysOf } from '../keys.ts';
import { createProgressIfSlow } from '../output/progress.ts';
import { formatVerification, verificationJson } from '../output/verify-report.ts';
import { formatExamples, type Program, wholeNumberParser } from '../program.ts';
import { type System, withSystem } from '../system.ts';
import { readAnchors } from './anchor.ts';

const DISAGREES = 1;

const DEFAULT_PATIENCE_SECONDS = 30;
const MAX_PATIENCE_SECONDS = 3600;
const PAUSE_MS = 500;
const MAX_RECORDS = 500_000;
const MAX_FINDINGS = 1000;

const EXIT_CODES = `
Exit codes:
  0  everything agrees
  1  something disagrees
  2  the comparison could not be made`;

export function addVerifyCommand(program: Program, context: CommandContext): void {
  program
    .command('verify')
    .description('compare journal, topics, read model and deliveries while they are in use')
    .addOption(patienceOption())
    .option(
      '--against <anchor>',
      'compare the journal with the anchor of a file, or those of topic:<name>: nothing from before may have changed',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `${EXIT_CODES}\n${formatExamples('verify', 'verify --patience 0 --json', 'verify --against anchor.json', 'verify --against topic:anchors.v1')}`,
    )
    .action(({ patience, against, json = false }) =>
      // This command does not wait for servers, because a cron job must report an outage instead of hanging.
      withSystem({ ...context, waits: false }, async (system) => {
        const anchors =
          against === undefined ? {} : { against: await readAnchors(against, system.log.reader, context) };
        const verification = await verifyWith(system, context, {
          patienceMs: patience * 1000,
          maxFindings: MAX_FINDINGS,
          ...anchors,
        });
        const lines = json ? [verificationJson(verification)] : formatVerification(verification, new Date());
        for (const line of lines) context.print(line);
        context.exitWith(verification.found === 0 ? 0 : DISAGREES);
      }),
    );
}

/** Returns the option that says how long `verify` compares again what may only be in transit. */
export function patienceOption() {
  return new Option('--patience <seconds>', 'how long to compare again what disagrees')
    .argParser(wholeNumberParser(0, MAX_PATIENCE_SECONDS))
    .default(DEFAULT_PATIENCE_SECONDS);
}

/** Compares the stores of a system, and shows the progress. @throws any error of a store or the log */
export async function verifyWith(
  system: System,
  context: CommandContext,
  options: Pick<VerifyOptions, 'patienceMs' | 'maxFindings' | 'against'>,
): Promise<Verification> {
  return verifySystem(await sourcesOf(system, context), {
    pauseMs: PAUSE_MS,
    maxRecords: MAX_RECORDS,
    ...options,
    now: () => new Date(),
    onProgress: createProgressIfSlow(context),
  });
}

async function sourcesOf(
  { store, bus, log, nameOf }: System,
  context: CommandContext,
): Promise<VerifySources> {
  const keys = await publicEventKeysOf(context);
  if (keys === undefined)
    context.note('signatures are not checked: neither EVENT_SIGNING_KEYS nor JWKS_URL is set');
  const user = openUser(store);
  return {
    journal: openAuth(store).journal,
    log: log.reader,
    groups: bus,
    profiles: await user.activeProfiles(),
    leftoverGenerations: user.leftoverGenerations,
    deliveries: openNotifier(store).deliveries,
    nameOf,
    ...(bus.isCompacted && { isCompacted: bus.isCompacted }),
    ...(keys && { keyOf: (kid) => keys.get(kid) }),
  };
}
