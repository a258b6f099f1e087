import { type DeadLetter, type DeadLetterBox, openDeadLetters, type Place } from '@latchkey/bus/dead-letters';
import { withLog } from './backends.ts';
import { type Context, UsageError, type Work } from './command.ts';
import { LIST_OPTIONS, limitOf, properties, showPage } from './listing.ts';
import { fieldsOf, redacted } from './redacted.ts';
import { onlyWord, type SubCommand, subCommands, wordsOf } from './sub-commands.ts';

const LIST_TAKES =
  'dead-letters list takes --limit N, --after TOPIC/PARTITION/OFFSET and --json, and nothing else';

const list: SubCommand = {
  words: '',
  read(words) {
    const { values, positionals } = wordsOf(words, LIST_OPTIONS, LIST_TAKES);
    if (positionals.length > 0) throw new UsageError(LIST_TAKES);
    const limit = limitOf(values.limit);
    const after = values.after === undefined ? undefined : readPlace(values.after, LIST_TAKES);
    return onLetters((letters, context) =>
      showPage(context, {
        limit,
        page: (many) => letters.list({ limit: many, ...(after && { after }) }),
        nameOf: ({ place }) => nameOf(place),
        asJson: values.json ?? false,
        objectsOf: (letter) => [jsonOf(letter)],
        heads: ['letter', 'set aside', 'record', 'cause'],
        rowsOf: (letter) => [
          [nameOf(letter.place), letter.record.timestamp.toISOString(), originOf(letter), letter.cause],
        ],
        nothing: 'There are no dead letters.',
      }),
    );
  },
};

const SHOW_TAKES = 'dead-letters show takes TOPIC/PARTITION/OFFSET and --json, and nothing else';

const show: SubCommand = {
  words: '<topic/partition/offset>',
  read(words) {
    const { values, positionals } = wordsOf(words, { json: { type: 'boolean' } }, SHOW_TAKES);
    const place = readPlace(onlyWord(positionals, SHOW_TAKES), SHOW_TAKES);
    return onLetters(async (letters, { say }) => {
      const letter = await letters.find(place);
      if (letter === undefined) throw new Error(noLetter(place));
      const shown = redacted(letter.record);
      if (values.json) return say(JSON.stringify({ ...jsonOf(letter), found: shown }));
      for (const line of properties({ ...described(letter), ...fieldsOf(shown) })) say(line);
    });
  },
};

const DISCARD_TAKES = 'dead-letters discard takes TOPIC/PARTITION/OFFSET, and nothing else';

const discard: SubCommand = {
  words: '<…>',
  read(words) {
    const word = onlyWord(wordsOf(words, {}, DISCARD_TAKES).positionals, DISCARD_TAKES);
    const place = readPlace(word, DISCARD_TAKES);
    return onLetters(async (letters, { say }) => {
      if ((await letters.find(place)) === undefined) throw new Error(noLetter(place));
      const now = await letters.discard(place);
      say(`${nameOf(place)}: ${now ? 'discarded' : 'discarded already'}. It is no longer listed.`);
    });
  },
};

/** Looks at records that no consumer could use, and marks one as dealt with. */
export const deadLettersCommand = subCommands(
  'dead-letters',
  'records that a consumer could not use: look at them, mark one as dealt with',
  { list, show, discard },
);

function onLetters(work: (letters: DeadLetterBox, context: Context) => Promise<void>): Work {
  return (context) => withLog(context, (log) => work(openDeadLetters(log), context));
}

function nameOf({ topic, partition, offset }: Place): string {
  return `${topic}/${partition}/${offset}`;
}

/** @throws UsageError */
function readPlace(text: string, takes: string): Place {
  const [, topic, partition, offset] = /^([^/]+)\/(\d{1,9})\/(\d{1,15})$/.exec(text) ?? [];
  if (topic === undefined) throw new UsageError(takes);
  return { topic, partition: Number(partition), offset: Number(offset) };
}

function noLetter(place: Place): string {
  return `there is no dead letter ${nameOf(place)}`;
}

function originOf({ origin }: DeadLetter): string {
  return origin === undefined ? 'not said' : nameOf(origin);
}

function jsonOf(letter: DeadLetter) {
  return {
    letter: nameOf(letter.place),
    setAside: letter.record.timestamp.toISOString(),
    group: letter.group,
    record: letter.origin === undefined ? null : nameOf(letter.origin),
    cause: letter.cause,
  };
}

function described(letter: DeadLetter) {
  return {
    letter: nameOf(letter.place),
    'set aside': `${letter.record.timestamp.toISOString()} by ${letter.group}`,
    cause: letter.cause,
    record: originOf(letter),
  };
}
