/** Compares the bodies of requests or responses in two versions of an API. */
import type { ComparedSchema } from './schema.ts';

/** The schemas of the body of a request or response, by media type. */
export type OpenApiContent = Readonly<Record<string, { readonly schema?: ComparedSchema }>>;

/** Compares the schemas of the bodies of two API versions, for each media type. A new media type is compatible. */
export function findIncompatibleBodySchemas(
  old: OpenApiContent = {},
  current: OpenApiContent = {},
  at: string,
  compare: (was: ComparedSchema, is: ComparedSchema, at: string) => readonly string[],
): readonly string[] {
  return Object.entries(old).flatMap(([media, { schema: was = {} }]) => {
    const is = current[media];
    return is === undefined ? [`${at}: ${media} is gone`] : compare(was, is.schema ?? {}, `${at} ${media}`);
  });
}
