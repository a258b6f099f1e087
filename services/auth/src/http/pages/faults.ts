/** The API says in English sentences what is wrong; a page says it in the reader's language. */
import { problems } from '@latchkey/http';
import type { FaultKind, Language, Message } from './texts.ts';
import { waitInWords } from './words.ts';

const sentences: readonly (readonly [RegExp, FaultKind])[] = [
  [/passwords do not match/i, 'differ'],
  [/at least \d+ characters/, 'tooShort'],
  [/at most \d+ characters/, 'tooLong'],
  [/neither the e-mail address nor the username/, 'ownWords'],
  [/one of the most common/, 'common'],
  [/needs the password of its own sign-up/, 'passwordRequired'],
];

/** A sentence that is not known stays as it is. */
export function faultIn({ texts }: Language, sentence: string): string {
  const kind = sentences.find(([pattern]) => pattern.test(sentence))?.[1];
  return kind === undefined ? sentence : texts.faults[kind];
}

export interface ShownProblem {
  /** As in problem details. */
  readonly code?: string;
  readonly title: string;
  readonly detail?: string | undefined;
}

/** What a page says of a problem: in words for people where its code is known, else as the API says it. */
export function problemIn(language: Language, { code, title, detail }: ShownProblem): Message {
  if (!isKnown(code)) return { title, paragraphs: detail === undefined || detail === title ? [] : [detail] };
  const known = language.texts.problems[code];
  const wait = code === 'rate_limited' ? waitIn(language, detail) : [];
  return { title: known.title, paragraphs: [...known.paragraphs, ...wait] };
}

function isKnown(code: string | undefined): code is keyof typeof problems {
  return code !== undefined && Object.hasOwn(problems, code);
}

function waitIn({ tag, texts }: Language, detail = ''): readonly string[] {
  const seconds = /\bin (\d+) s\b/.exec(detail)?.[1];
  return seconds === undefined ? [] : [texts.tryAgainIn(waitInWords(Number(seconds), tag))];
}
