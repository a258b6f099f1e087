import { InvalidArgumentError } from '@commander-js/extra-typings';
import {
  type DeadLetter,
  type DeadLetterQueues,
  openDeadLetterQueues,
  type RecordPosition,
} from '@latchkey/bus/dead-letters';
import type { CommandContext } from '../context.ts';
import { withOpenedLog } from '../log.ts';
import { formatProperties, printJsonLines, printListingPage } from '../output/listing.ts';
import { flattenRedactedRecord, redactRecord } from '../output/redacted.ts';
import { createLimitOption, formatExamples, JSON_OPTION_HELP, type OpsProgram } from '../program.ts';

const LETTER = '<topic/partition/offset>';
const EXAMPLE = 'accounts.events.v1.dlq.user/0/0';

export function addDeadLettersCommand(program: OpsProgram, context: CommandContext): void {
  const deadLetters = program
    .command('dead-letters')
    .description('list, show or discard records that a consumer could not use')
    .addHelpText('after', formatExamples('dead-letters list', `dead-letters show ${EXAMPLE}`));

  deadLetters
    .command('list')
    .description('list dead letters with the original record and the cause')
    .addOption(createLimitOption())
    .option(`--after ${LETTER}`, 'continue after this letter', parsePlace)
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples('dead-letters list', 'dead-letters list --limit 1000 --json'))
    .action(({ limit, after, json = false }) =>
      withLetters(context, (letters) =>
        printListingPage(context, {
          limit,
          load: (count) => letters.list({ limit: count, ...(after && { after }) }),
          nameOf: ({ place }) => nameOf(place),
          json,
          toJson: (letter) => [toJson(letter)],
          columns: ['letter', 'set aside', 'record', 'cause'],
          toRows: (letter) => [
            [nameOf(letter.place), letter.record.timestamp.toISOString(), originOf(letter), letter.cause],
          ],
          empty: 'There are no dead letters.',
        }),
      ),
    );

  deadLetters
    .command('show')
    .description('show a dead letter with its redacted record')
    .argument(LETTER, 'name of the letter, as listed', parsePlace)
    .option('--json', JSON_OPTION_HELP)
    .addHelpText('after', formatExamples(`dead-letters show ${EXAMPLE}`))
    .action((place, { json = false }) =>
      withLetters(context, async (letters) => {
        const letter = await existing(letters, place);
        const found = redactRecord(letter.record);
        if (json) return printJsonLines(context.print, [{ ...toJson(letter), found }]);
        for (const line of formatProperties({ ...describe(letter), ...flattenRedactedRecord(found) }))
          context.print(line);
      }),
    );

  deadLetters
    .command('discard')
    .description('mark a dead letter as dealt with, so that it is no longer listed')
    .argument(LETTER, 'name of the letter, as listed', parsePlace)
    .addHelpText('after', formatExamples(`dead-letters discard ${EXAMPLE}`))
    .action((place) =>
      withLetters(context, async (letters) => {
        await existing(letters, place);
        const now = await letters.discard(place);
        context.print(
          `${nameOf(place)}: ${now ? 'discarded' : 'discarded already'}. It is no longer listed.`,
        );
      }),
    );
}

function withLetters(
  context: CommandContext,
  work: (letters: DeadLetterQueues) => Promise<void>,
): Promise<void> {
  return withOpenedLog(context, (log) => work(openDeadLetterQueues(log)));
}

/**
 * Returns the dead letter at a position. @throws Error with a one-line message if there is no dead letter at
 * the position
 */
async function existing(letters: DeadLetterQueues, place: RecordPosition): Promise<DeadLetter> {
  const letter = await letters.find(place);
  if (letter === undefined) throw new Error(`there is no dead letter ${nameOf(place)}`);
  return letter;
}

function nameOf({ topic, partition, offset }: RecordPosition): string {
  return `${topic}/${partition}/${offset}`;
}

/** Parses `TOPIC/PARTITION/OFFSET`. @throws InvalidArgumentError */
function parsePlace(text: string): RecordPosition {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined) throw new InvalidArgumentError('Expected TOPIC/PARTITION/OFFSET.');
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function originOf({ origin }: DeadLetter): string {
  return origin === undefined ? 'unknown' : nameOf(origin);
}

function toJson({ place, record, group, origin, cause }: DeadLetter) {
  return {
    letter: nameOf(place),
    setAside: record.timestamp.toISOString(),
    group,
    record: origin === undefined ? null : nameOf(origin),
    cause,
  };
}

function describe(letter: DeadLetter) {
  return {
    letter: nameOf(letter.place),
    'set aside': `${letter.record.timestamp.toISOString()} by ${letter.group}`,
    cause: letter.cause,
    record: originOf(letter),
  };
}
