import { type MailTestStep, readMailSettings, sendTestMail } from '@latchkey/notifier/ops';
import type { CommandContext } from '../context.ts';
import { parseEmailArgument } from '../email-argument.ts';
import { formatExamples, type OpsProgram } from '../program.ts';
import { addMailDkimCommand } from './mail-dkim.ts';

/** The width of the column that shows the stage of a mail test, in characters. */
const STAGE = 20;
const TIME = 9;

export function addMailCommand(program: OpsProgram, context: CommandContext): void {
  const mail = program
    .command('mail')
    .description('test the mail server, or make a DKIM key')
    .addHelpText(
      'after',
      formatExamples('mail test someone@example.com', 'mail dkim dkim.pem --domain example.com'),
    );
  addMailDkimCommand(mail, context);

  mail
    .command('test')
    .description('send a test mail and show the conversation with the mail server')
    .argument('<email>', 'address that receives the test mail', parseEmailArgument)
    .addHelpText('after', formatExamples('mail test someone@example.com'))
    .action(async ({ stored: to }) => {
      const { settings, publicUrl } = readMailSettings(context.environment);
      const failed = await sendTestMail(settings, {
        to,
        ...(publicUrl !== undefined && { publicUrl }),
        onStep: (step) => context.print(lineOf(step)),
      });
      if (failed === undefined) {
        context.print(`The mail server accepted the mail to ${to}.`);
        return;
      }
      context.print(`Failed ${failed.failure}`);
      context.print(failed.advice);
      context.exitWith(1);
    });
}

function lineOf({ stage, ms, said }: MailTestStep): string {
  return `${stage.padEnd(STAGE)}${`${ms} ms`.padStart(TIME)}  ${said}`.trimEnd();
}
