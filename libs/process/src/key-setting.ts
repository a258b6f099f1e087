import { parsedSetting } from './parsed-setting.ts';
import { KeyFault } from './secret-keys.ts';

/** Declares a setting that `read` parses. If `read` throws a KeyFault, its message becomes the fault of the setting. */
export function keySetting<T>(read: (text: string) => T) {
  return parsedSetting(KeyFault, read);
}
