/** Determines the device from the User-Agent header. */
import Bowser from 'bowser';

export interface Device {
  readonly browser?: string;
  readonly system?: string;
}

/**
 * Matches the names of browsers and systems. Anything else is dropped, because a stranger may have chosen it to inject
 * text into a mail.
 */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 .+-]{0,39}$/;

/** Returns the family of the browser and of its system, without versions, which change too often. */
export function deviceOf(userAgent: string): Device {
  if (userAgent === '') return {};
  const { browser, os } = Bowser.parse(userAgent);
  return {
    ...(isName(browser.name) && { browser: browser.name }),
    ...(isName(os.name) && { system: os.name }),
  };
}

function isName(name: string | undefined): name is string {
  return name !== undefined && NAME.test(name);
}
