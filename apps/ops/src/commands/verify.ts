import type { CommandContext } from '../context.ts';
import { formatVerificationAsJson, formatVerificationReport } from '../output/verify-report.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { withOpenedSystem } from '../system.ts';
import { createVerifyPatienceOption, verifyOpenedSystem } from '../verify-system.ts';
import { readAnchors } from './anchor.ts';

const DISAGREES = 1;

const MAX_FINDINGS = 1000;

const EXIT_CODES = `
Exit codes:
  0  everything agrees
  1  something disagrees
  2  the comparison could not be made`;

export function addVerifyCommand(program: OpsProgram, context: CommandContext): void {
  program
    .command('verify')
    .description('compare journal, topics, read model and deliveries while they are in use')
    .addOption(createVerifyPatienceOption())
    .option(
      '--against <anchor>',
      'compare the journal with the anchor in a file, or with all anchors on topic:<name>, to find events that were changed or removed',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `${EXIT_CODES}\n${formatExamples('verify', 'verify --patience 0 --json', 'verify --against anchor.json', 'verify --against topic:anchors.v1')}`,
    )
    .action(({ patience, against, json = false }) =>
      // This command does not wait for servers, because a cron job must report an outage instead of hanging.
      withOpenedSystem({ ...context, waits: false }, async (system) => {
        const anchors =
          against === undefined ? {} : { against: await readAnchors(against, system.log.reader, context) };
        const verification = await verifyOpenedSystem(system, context, {
          patienceMs: patience * 1000,
          maxFindings: MAX_FINDINGS,
          ...anchors,
        });
        const lines = json
          ? [formatVerificationAsJson(verification)]
          : formatVerificationReport(verification, new Date());
        for (const line of lines) context.print(line);
        context.exitWith(verification.found === 0 ? 0 : DISAGREES);
      }),
    );
}
