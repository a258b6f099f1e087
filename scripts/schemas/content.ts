/** Compares the bodies of requests or responses in two versions of an API. */
import type { Schema } from './schema.ts';

/** The schemas of a body, by media type. */
export type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

/** Compares the schemas of each media type. A new media type is compatible. */
export function compareContent(
  old: Content = {},
  current: Content = {},
  at: string,
  compare: (was: Schema, is: Schema, at: string) => readonly string[],
): readonly string[] {
  return Object.entries(old).flatMap(([media, { schema: was = {} }]) => {
    const is = current[media];
    return is === undefined ? [`${at}: ${media} is gone`] : compare(was, is.schema ?? {}, `${at} ${media}`);
  });
}
