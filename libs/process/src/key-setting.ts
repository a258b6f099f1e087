import { parsedSetting } from './parsed-setting.ts';
import { InvalidKeyError } from './secret-keys.ts';

/** Declares a setting that `read` parses. If `read` throws an InvalidKeyError, its message becomes the fault of the setting. */
export function secretKeySetting<T>(parse: (text: string) => T) {
  return parsedSetting(InvalidKeyError, parse);
}
