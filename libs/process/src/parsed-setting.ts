import { z } from 'zod';

/**
 * Declares a setting whose value `parse` parses. If `parse` throws an `ExpectedError`, the error's message
 * becomes the fault of the setting.
 */
export function createParsedSetting<T>(
  ExpectedError: new (message: string) => Error,
  parse: (text: string) => T,
) {
  return z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}
