/** `npm run conformance -- <command>`: runs a consumer against the conformance kit. */
import { assertConformanceOutcome, conformanceCases, runConformanceCase } from './conformance.ts';

const command = process.argv.slice(2);
if (command.length === 0)
  throw new Error('Say which consumer: npm run conformance -- <command> [<argument> …]');
for (const each of conformanceCases) {
  try {
    assertConformanceOutcome(await runConformanceCase(command, each.records), each);
    console.log(`passed  ${each.name}`);
  } catch (error) {
    console.log(`FAILED  ${each.name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
