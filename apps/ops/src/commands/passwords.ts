import { InvalidArgumentError } from '@commander-js/extra-typings';
import { importBreachedPasswords } from '@latchkey/auth/ops';
import type { CommandContext } from '../context.ts';
import { formatNumber } from '../output/progress.ts';
import { formatExamples, type Program } from '../program.ts';

/** Creates the file of breached passwords that auth refuses. */
export function addPasswordsCommand(program: Program, { print }: CommandContext): void {
  const passwords = program
    .command('passwords')
    .description('manage passwords that are known from breaches')
    .addHelpText('after', formatExamples('passwords import pwned-passwords-sha1.txt breached.bin'));
  passwords
    .command('import')
    .description('make the file for BREACHED_PASSWORDS_FILE from a sorted list of SHA-1 hashes (HASH:COUNT)')
    .argument('<list>', 'the list, such as the one of Have I Been Pwned, ordered by hash')
    .argument('<file>', 'the file to make; an existing one is replaced once the new one is complete')
    .option('--least <count>', 'leave out passwords that were seen less often', countOf, 1)
    .addHelpText('after', formatExamples('passwords import pwned-passwords-sha1.txt breached.bin --least 10'))
    .action(async (list, file, { least }) => {
      const written = await importBreachedPasswords(list, file, { least });
      print(`${file}: ${formatNumber(written)} passwords. Set BREACHED_PASSWORDS_FILE to it.`);
    });
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
