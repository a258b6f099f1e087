import { importBreachedPasswords } from '@latchkey/auth/ops';
import type { CommandContext } from '../context.ts';
import { formatNumber } from '../output/progress.ts';
import { createWholeNumberParser, formatExamples, type OpsProgram } from '../program.ts';

const MAX_COUNT = 1_000_000_000;

/**
 * Adds the command that creates the file of breached passwords. auth refuses new passwords that are in this
 * file.
 */
export function addPasswordsCommand(program: OpsProgram, { print }: CommandContext): void {
  const passwords = program
    .command('passwords')
    .description('manage passwords that are known from breaches')
    .addHelpText('after', formatExamples('passwords import pwned-passwords-sha1.txt breached.bin'));
  passwords
    .command('import')
    .description('make the file for BREACHED_PASSWORDS_FILE from a sorted list of SHA-1 hashes (HASH:COUNT)')
    .argument('<list>', 'the list, such as the one of Have I Been Pwned, ordered by hash')
    .argument('<file>', 'the file to make; an existing one is replaced once the new one is complete')
    .option(
      '--least <count>',
      'leave out passwords that were seen less often',
      createWholeNumberParser(1, MAX_COUNT),
      1,
    )
    .addHelpText('after', formatExamples('passwords import pwned-passwords-sha1.txt breached.bin --least 10'))
    .action(async (list, file, { least }) => {
      const written = await importBreachedPasswords(list, file, { least });
      print(`${file}: ${formatNumber(written)} passwords. Set BREACHED_PASSWORDS_FILE to it.`);
    });
}
