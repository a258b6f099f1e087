import { z } from 'zod';

/** Declares a setting that `read` parses. If `read` throws a `Fault`, its message becomes the fault of the setting. */
export function parsedSetting<T>(Fault: new (message: string) => Error, read: (text: string) => T) {
  return z.string().transform((text, context) => {
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });
}
