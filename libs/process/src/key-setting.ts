import { createParsedSetting } from './parsed-setting.ts';
import { InvalidKeyError } from './secret-keys.ts';

/**
 * Declares a setting whose value `parse` parses. If `parse` throws an InvalidKeyError, the error's message
 * becomes the fault of the setting.
 */
export function createSecretKeySetting<T>(parse: (text: string) => T) {
  return createParsedSetting(InvalidKeyError, parse);
}
